export { type CompiledField, type CompiledMessage, compiledByIndex, compiledMessage } from './compiled.ts';
export { type PartialReading, type ReadOptions, readMessage, readPartialMessage } from './read.ts';
export { NOT_A_MESSAGE, type Oddity, type OddityKind, Tape, UNKNOWN_FIELD } from './tape.ts';
export { ProtoWriter } from './write.ts';

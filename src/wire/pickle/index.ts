/** Pickles, protocols 0 to 5: reading them as data and writing the few that dfx writes. Nothing here runs a pickle. */

export type { CallHow, PickleCall, PickleGlobal } from './machine.ts';
export { type ArgumentEncoding, HIGHEST_PROTOCOL, OPCODES, type Opcode, opcodeOf } from './opcodes.ts';
export { type PickleReading, type ReadPickleOptions, readPickle } from './read.ts';
export * from './value.ts';

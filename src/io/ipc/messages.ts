/** Where the messages of an Arrow file or stream stand: found by their headers, without the bodies. */
import {
  type BatchMetadata,
  type DictionaryField,
  isArrowFile,
  type MessageMetadata,
  readFooter,
  readMessageMetadata,
  readSchemaMessage,
} from '../../wire/arrow/index.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { RandomAccess } from './access.ts';
import { MAX_NESTING } from './plan.ts';

const CONTINUATION = 0xffffffff;
const MAGIC_BYTES = 6;
/** Of a message, read at once: what the metadata of most needs. */
const FIRST_READ = 1024;

export interface PlacedMessage {
  /** Of the length prefix. */
  readonly offset: number;
  readonly bodyStart: number;
  readonly metadata: MessageMetadata;
}

export interface BatchPlace {
  readonly offset: number;
  /** How many of the dictionary messages come before it. */
  readonly dictionaries: number;
}

export interface IpcIndex {
  readonly schema: Schema;
  readonly dictionaryFields: readonly DictionaryField[];
  readonly unionsHaveValidity: boolean;
  /** Offsets of dictionary messages. */
  readonly dictionaries: readonly number[];
  readonly batches: readonly BatchPlace[];
  readonly isFile: boolean;
}

const SCHEMA_LIMITS = { maxDepth: MAX_NESTING };

function cutOff(access: RandomAccess, offset: number, what: string): DfxError {
  return new DfxError('INPUT_FORMAT', `the input ends inside ${what}`, { file: access.name, offset });
}

/** The message at `offset`; null at the end of the stream: the marker, or the end of the input. */
export function readMessageAt(access: RandomAccess, offset: number): PlacedMessage | null {
  const found = readMetadataAt(access, offset);
  if (found === null) return null;
  const metadata = readMessageMetadata(found.bytes, offset);
  const bodyStart = found.end;
  if (metadata.bodyLength > access.size - bodyStart) throw cutOff(access, offset, 'the body of a message');
  return { offset, bodyStart, metadata };
}

function readMetadataAt(access: RandomAccess, offset: number): { bytes: Uint8Array; end: number } | null {
  const left = access.size - offset;
  if (left === 0) return null;
  if (left < 4) throw cutOff(access, offset, 'the length of a message');
  const first = access.read(offset, Math.min(left, FIRST_READ));
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  let prefix = 4;
  let length = view.getUint32(0, true);
  if (length === CONTINUATION) {
    if (left < 8) throw cutOff(access, offset, 'the length of a message');
    prefix = 8;
    length = view.getUint32(4, true);
  }
  if (length === 0) return null;
  if (length > left - prefix) throw cutOff(access, offset, `a message of ${length} bytes`);
  const bytes =
    prefix + length <= first.length ? first.subarray(prefix, prefix + length) : access.read(offset + prefix, length);
  return { bytes, end: offset + prefix + length };
}

/** Reads the schema, and of a file the footer. Throws INPUT_FORMAT, ARROW, LIMIT, UNSUPPORTED. */
export function openIndex(access: RandomAccess): IpcIndex {
  const start = access.read(0, Math.min(access.size, 8));
  if (isArrowFile(start)) return openFile(access);
  if (start.length >= 4 && String.fromCharCode(...start.subarray(0, 4)) === 'FEA1') {
    throw new DfxError('UNSUPPORTED', 'a Feather file of version 1, from before Arrow IPC files', {
      file: access.name,
      hint: 'write it again as an Arrow file (Feather version 2)',
    });
  }
  return openStream(access);
}

function openFile(access: RandomAccess): IpcIndex {
  const tail = MAGIC_BYTES + 4;
  if (access.size < 8 + tail) throw cutOff(access, access.size, 'an Arrow file');
  const end = access.read(access.size - tail, tail).slice();
  if (!isArrowFile(Uint8Array.of(...end.subarray(4), 0, 0))) {
    throw new DfxError('INPUT_FORMAT', 'the Arrow file has no footer: it is cut off, or still being written', {
      file: access.name,
      offset: access.size,
    });
  }
  const length = new DataView(end.buffer).getUint32(0, true);
  const start = access.size - tail - length;
  if (start < 8) {
    throw new DfxError('INPUT_FORMAT', `the footer claims ${length} bytes of a file of ${access.size}`, {
      file: access.name,
      offset: access.size - tail,
    });
  }
  const footer = readFooter(access.read(start, length).slice(), start, SCHEMA_LIMITS);
  refuseBigEndian(footer.endian, access);
  refuseOverlap([...footer.dictionaries, ...footer.batches], access);
  return {
    schema: footer.schema,
    dictionaryFields: footer.source.sink.dictionaries,
    unionsHaveValidity: footer.version < 4,
    dictionaries: footer.dictionaries.map(({ offset }) => offset),
    batches: footer.batches.map(({ offset }) => ({ offset, dictionaries: footer.dictionaries.length })),
    isFile: true,
  };
}

/** Blocks that share bytes would make a small file give any number of rows. */
function refuseOverlap(
  blocks: readonly { readonly offset: number; readonly metadataLength: number; readonly bodyLength: number }[],
  access: RandomAccess,
): void {
  const sorted = [...blocks].sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, metadataLength, bodyLength } of sorted) {
    if (offset < end) {
      throw new DfxError('INPUT_FORMAT', 'the footer lists two record batches that share bytes', {
        file: access.name,
        offset,
      });
    }
    end = offset + metadataLength + bodyLength;
  }
}

function refuseBigEndian(endian: 'little' | 'big', access: RandomAccess): void {
  if (endian === 'little') return;
  throw new DfxError('UNSUPPORTED', 'the Arrow data is big-endian, only little-endian data is read', {
    file: access.name,
    hint: 'write it again on the machine it came from with pyarrow, which swaps bytes when it reads',
  });
}

function openStream(access: RandomAccess): IpcIndex {
  const { schema, dictionaries, version, end } = readStreamSchema(access);
  const places: BatchPlace[] = [];
  const found: number[] = [];
  let offset = end;
  for (let message = readMessageAt(access, offset); message !== null; message = readMessageAt(access, offset)) {
    const { kind, bodyLength } = message.metadata;
    if (kind === 'schema') {
      throw new DfxError('INPUT_FORMAT', 'the Arrow stream has a second schema', { file: access.name, offset });
    }
    if (kind === 'dictionary') found.push(offset);
    else places.push({ offset, dictionaries: found.length });
    offset = message.bodyStart + bodyLength;
  }
  return {
    schema,
    dictionaryFields: dictionaries,
    unionsHaveValidity: version !== 'V5',
    dictionaries: found,
    batches: places,
    isFile: false,
  };
}

export function readStreamSchema(access: RandomAccess) {
  const first = readMetadataAt(access, 0);
  if (first === null) {
    throw new DfxError('INPUT_FORMAT', 'the Arrow stream ends before its schema', { file: access.name });
  }
  const message = readSchemaMessage(first.bytes, { limits: SCHEMA_LIMITS, base: first.end - first.bytes.length });
  refuseBigEndian(message.endian, access);
  if (message.version < 'V4') {
    throw new DfxError('UNSUPPORTED', `the Arrow data is of format version ${message.version}, from before Arrow 0.8`, {
      file: access.name,
    });
  }
  return { ...message, end: first.end + message.bodyLength };
}

export function batchMetadata(message: PlacedMessage): BatchMetadata {
  if (message.metadata.kind === 'schema') throw new DfxError('DEFECT', 'a schema where a batch was due');
  return message.metadata.batch;
}

import { type PickleReading, readPickle } from './read.ts';
import { eachValue, type PickleValue } from './value.ts';

/** Bytes inside a pickle that read as a pickle which imports or calls something. */
export function nestedPickles(reading: PickleReading): readonly PickleReading[] {
  const nested: PickleReading[] = [];
  const roots: PickleValue[] = [...reading.partial, ...(reading.value === null ? [] : [reading.value])];
  for (const { args } of reading.calls) roots.push(args);
  eachValue(roots, (value) => {
    if (value.kind !== 'bytes' && value.kind !== 'bytearray') return undefined;
    const bytes = value.value;
    const looksLike = bytes.length >= 4 && (bytes[0] === 0x80 || bytes[bytes.length - 1] === 0x2e);
    if (!looksLike) return undefined;
    const shared = bytes.buffer === reading.bytes.buffer;
    const offset = shared ? reading.offset + bytes.byteOffset - reading.bytes.byteOffset : value.span.start;
    const inner = readPickle(bytes, { offset });
    if (inner.globals.length > 0 || inner.calls.length > 0) nested.push(inner);
    return undefined;
  });
  return nested;
}

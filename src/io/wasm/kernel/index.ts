export { configure } from './dialect';
export { cut, countLines, hasWideBytes, isCutQuoted, isRagged, lineEnds, next, passPlain, scan, startCut } from './scan';
export {
  copyField,
  fieldAt,
  fieldEnd,
  isWide,
  lookAt,
  markNull,
  nullCount,
  readBooleans,
  readDoubles,
  readFloats,
  readIntegers,
  readSafeIntegers,
  readTexts,
  seen,
  startColumn,
  widen,
} from './fields';
export { narrow, readDates, readTimestamps } from './temporal';
export { writeDouble, writeFloat } from './shortest';
export { isUtf8 } from './utf8';
export { writeRows } from './write';

/** The first byte that no table takes. */
export function heapStart(): usize {
  return __heap_base;
}

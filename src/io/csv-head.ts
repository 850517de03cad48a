/** What comes before the rows: a byte order mark and the header. */
import type { CsvDialect } from './csv-dialect.ts';
import { countLines, tooLong } from './csv-record-limit.ts';
import { readRecord } from './csv-records.ts';
import type { RandomBytes } from './csv-source.ts';

export interface CsvHead {
  /** The line end of the header, or the first byte that is no byte order mark. */
  readonly dataStart: number;
  /** Line ends before it. */
  readonly lines: number;
  /** Fields of the header; null where there is none. */
  readonly width: number | null;
}

const HEAD_BYTES = 64 * 1024;

export function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** Takes the head off bytes that come in pieces. */
export class HeadCutter {
  lines = 0;
  /** Bytes that were taken off. */
  size = 0;
  width: number | null = null;
  private kept: Uint8Array = new Uint8Array(0);
  private filled = 0;
  /** From how many bytes on it is worth to look for the header's end. */
  private enough = 0;
  private through = false;

  constructor(
    private readonly dialect: CsvDialect,
    private readonly header: boolean,
  ) {}

  /** What of `piece` and the pieces before belongs to the rows, as far as that is known. */
  push(piece: Uint8Array): Uint8Array {
    if (this.through) return piece;
    const needed = this.filled + piece.length;
    if (needed > this.kept.length) {
      const grown = new Uint8Array(Math.max(needed, this.kept.length * 2));
      grown.set(this.kept.subarray(0, this.filled));
      this.kept = grown;
    }
    this.kept.set(piece, this.filled);
    this.filled = needed;
    if (needed < this.enough) return new Uint8Array(0);
    // What was looked through in vain isn't looked through for each further piece.
    this.enough = needed < HEAD_BYTES ? 0 : Math.min(needed * 2, this.dialect.maxRecordBytes + 1);
    return this.cut(false);
  }

  /** After the last piece. */
  finish(): Uint8Array {
    return this.through ? new Uint8Array(0) : this.cut(true);
  }

  private cut(last: boolean): Uint8Array {
    const kept = this.kept.subarray(0, this.filled);
    if (kept.length < 3 && !last) return new Uint8Array(0);
    let at = startsWithBom(kept) ? 3 : 0;
    if (this.header) {
      const record = readRecord(kept, at, kept.length, this.dialect);
      if ((record === null || record.next === kept.length) && !last) {
        if (kept.length > this.dialect.maxRecordBytes) {
          const whereIs = (quoted: number): string => `line ${countLines(kept, 0, quoted) + 1}`;
          throw tooLong('the header', whereIs, kept, at, kept.length, this.dialect);
        }
        return new Uint8Array(0);
      }
      at = record?.next ?? kept.length;
      this.width = record?.fields.length ?? 0;
    }
    this.lines = countLines(kept, 0, at);
    this.size = at;
    this.through = true;
    this.kept = new Uint8Array(0);
    return kept.subarray(at);
  }
}

export function readHead(bytes: RandomBytes, dialect: CsvDialect, header: boolean): CsvHead {
  const cutter = new HeadCutter(dialect, header);
  const piece = new Uint8Array(HEAD_BYTES);
  let position = 0;
  let rest = 0;
  while (rest === 0) {
    const count = bytes.read(piece, position);
    position += count;
    if (count > 0) rest = cutter.push(piece.subarray(0, count)).length;
    else {
      rest = cutter.finish().length;
      break;
    }
  }
  return { dataStart: position - rest, lines: cutter.lines, width: cutter.width };
}

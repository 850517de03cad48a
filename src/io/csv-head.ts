/** What comes before the rows: a byte order mark and the header. */
import { CR, type CsvDialect, LF } from './csv-dialect.ts';
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
  width: number | null = null;
  private kept: Uint8Array = new Uint8Array(0);
  private through = false;

  constructor(
    private readonly dialect: CsvDialect,
    private readonly header: boolean,
  ) {}

  /** What of `piece` and the pieces before belongs to the rows, as far as that is known. */
  push(piece: Uint8Array): Uint8Array {
    if (this.through) return piece;
    if (this.kept.length === 0) {
      this.kept = piece.slice();
    } else {
      const grown = new Uint8Array(this.kept.length + piece.length);
      grown.set(this.kept);
      grown.set(piece, this.kept.length);
      this.kept = grown;
    }
    return this.cut(false);
  }

  /** After the last piece. */
  finish(): Uint8Array {
    return this.through ? new Uint8Array(0) : this.cut(true);
  }

  private cut(last: boolean): Uint8Array {
    const { kept } = this;
    if (kept.length < 3 && !last) return new Uint8Array(0);
    let at = startsWithBom(kept) ? 3 : 0;
    if (this.header) {
      const record = readRecord(kept, at, kept.length, this.dialect);
      if ((record === null || record.next === kept.length) && !last) return new Uint8Array(0);
      at = record?.next ?? kept.length;
      this.width = record?.fields.length ?? 0;
    }
    for (let i = 0; i < at; i++) if (kept[i] === CR || (kept[i] === LF && kept[i - 1] !== CR)) this.lines++;
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

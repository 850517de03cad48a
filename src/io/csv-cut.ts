/** Cuts CSV that arrives in chunks into pieces of whole records, for readers that each get some of them. */
import { CR, type CsvDialect, LF } from './csv-dialect.ts';
import { HeadCutter } from './csv-head.ts';
import { tooLong } from './csv-record-limit.ts';
import { Kernel } from './wasm/kernel.ts';

/** What is looked through at once. */
const WINDOW = 64 * 1024;

/** Takes off a byte order mark and the header, and gives what follows. */
export class CsvCutter {
  private readonly head: HeadCutter;
  private readonly kernel = new Kernel();
  private readonly window: number;
  private readonly scratch: number;
  private kept: Uint8Array[] = [];
  private keptBytes = 0;
  /** Of the bytes kept: those of whole records. */
  private whole = 0;
  /** Bytes of the pieces that were given. */
  private given = 0;

  /** A piece has `pieceBytes` or a record more, and only the last may have less. */
  constructor(
    private readonly dialect: CsvDialect,
    header: boolean,
    private readonly pieceBytes: number,
  ) {
    this.head = new HeadCutter(dialect, header);
    const { call } = this.kernel;
    call.configure(dialect.delimiter, dialect.quote, dialect.escape ?? 256, 0, 0);
    this.window = this.kernel.reserve(WINDOW);
    this.scratch = this.kernel.reserve(1024);
    call.startCut();
  }

  /** Line ends before the first piece, for the line numbers of messages. Known with the first piece. */
  get headLines(): number {
    return this.head.lines;
  }

  /** The chunk is kept, and may not change until its bytes were given. */
  push(chunk: Uint8Array): Uint8Array[] {
    const rows = this.head.push(chunk);
    const pieces: Uint8Array[] = [];
    if (rows.length > 0) this.take(rows, pieces);
    return pieces;
  }

  /** What is left after the last chunk. Its last record may lack a line end. */
  finish(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    const rest = this.head.finish();
    if (rest.length > 0) this.take(rest, pieces);
    if (this.keptBytes > 0) pieces.push(this.join(this.keptBytes));
    return pieces;
  }

  private take(part: Uint8Array, pieces: Uint8Array[]): void {
    const end = this.lastEnd(part);
    if (end > 0) this.whole = this.keptBytes + end;
    this.kept.push(part);
    this.keptBytes += part.length;
    if (this.keptBytes - this.whole > this.dialect.maxRecordBytes) this.refuseLength();
    // A LF that may follow goes with its record, so that no line end is counted twice.
    const cutInReturn = part[part.length - 1] === CR && this.whole === this.keptBytes;
    if (this.whole >= this.pieceBytes && !cutInReturn) pieces.push(this.join(this.whole));
  }

  private refuseLength(): never {
    const { whole, given } = this;
    const bytes = this.join(this.keptBytes);
    const before = this.head.size + given;
    throw tooLong(
      `the record at byte ${before + whole}`,
      (at) => `byte ${before + at}`,
      bytes,
      whole,
      bytes.length,
      this.dialect,
    );
  }

  /** Where in `part` the last record ends; 0 where none does. */
  private lastEnd(part: Uint8Array): number {
    const { call, bytes } = this.kernel;
    const { quote, escape: escapeByte } = this.dialect;
    if (escapeByte === null && call.isCutQuoted() === 0 && !part.includes(quote)) {
      call.passPlain(part[part.length - 1] ?? 0);
      return Math.max(part.lastIndexOf(LF), part.lastIndexOf(CR)) + 1;
    }
    let found = 0;
    for (let at = 0; at < part.length; at += WINDOW) {
      const window = part.subarray(at, at + WINDOW);
      bytes.set(window, this.window);
      const end = call.cut(this.window, this.window + window.length, this.scratch);
      if (end !== 0) found = at + end - this.window;
    }
    return found;
  }

  /** The first `size` bytes that were kept, which are kept no longer. */
  private join(size: number): Uint8Array {
    const piece = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const part = this.kept[0];
      if (part === undefined) break;
      const taken = part.subarray(0, size - at);
      piece.set(taken, at);
      at += taken.length;
      if (taken.length === part.length) this.kept.shift();
      else this.kept[0] = part.subarray(taken.length);
    }
    this.keptBytes -= size;
    this.whole -= size;
    this.given += size;
    return piece;
  }
}

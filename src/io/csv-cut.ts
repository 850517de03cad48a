/** Cuts CSV that arrives in chunks into pieces of whole records, for readers that each get some of them. */
import { CR, type CsvDialect } from './csv-dialect.ts';
import { HeadCutter } from './csv-head.ts';
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

  /** A piece has `pieceBytes` or a record more, and only the last may have less. */
  constructor(
    dialect: CsvDialect,
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

  /** The chunk is copied: it may be used again. */
  push(chunk: Uint8Array): Uint8Array[] {
    const rows = this.head.push(chunk);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < rows.length; at += WINDOW) this.take(rows.subarray(at, at + WINDOW), pieces);
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
    const { kernel, window } = this;
    kernel.bytes.set(part, window);
    const end = kernel.call.cut(window, window + part.length, this.scratch);
    const own = part.slice();
    this.kept.push(own);
    const before = this.keptBytes;
    this.keptBytes += own.length;
    if (end !== 0) this.whole = before + end - window;
    // A LF that may follow goes with its record, so that no line end is counted twice.
    const cutInReturn = own[own.length - 1] === CR && this.whole === this.keptBytes;
    if (this.whole >= this.pieceBytes && !cutInReturn) pieces.push(this.join(this.whole));
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
    return piece;
  }
}

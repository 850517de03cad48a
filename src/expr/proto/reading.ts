import type { Span } from '../../wire/limits.ts';
import { compiledByIndex, compiledMessage, type Tape } from '../../wire/protobuf/index.ts';

/** Something in the bytes that the model can't say, with its place. The node around it keeps its bytes. */
export interface ReadingNote {
  readonly code: 'MISSING_FIELD' | 'UNKNOWN_VARIANT' | 'UNKNOWN_ENUM' | 'BAD_VALUE' | 'DUPLICATE_FIELD';
  readonly message: string;
  readonly offset: number;
}

/** Builds the value of one message from its fields, or null (with a note) where the model has no place for it. */
export type MessageReader = (reading: Reading, entry: number) => unknown;

/**
 * A message is read from its last field to its first: in a preorder tape a message's fields stand behind it, so each is built
 * before the message that holds it, at any depth and without recursion.
 */
export class Reading {
  private readonly values: unknown[];
  readonly notes: ReadingNote[] = [];
  /** Expression entries that keep their bytes. */
  private readonly keepsBytes = new Set<number>();
  private readonly climbed = new Set<number>();
  private readonly exprMessage = compiledMessage('LogicalExprNode').index;

  constructor(readonly tape: Tape) {
    this.values = new Array(tape.length);
    for (const entry of tape.oddEntries) this.keepBytes(entry);
    for (const oddity of tape.oddities) {
      // prost merges a message that stands twice; a model of the last one alone would be a wrong reading
      if (oddity.kind === 'duplicate_field' && tape.message(oddity.entry) >= 0)
        this.merged.add(tape.parent(oddity.entry));
    }
    if (tape.oddityCount > tape.oddities.length) this.unsure = true;
  }

  private readonly merged = new Set<number>();
  private readonly unsure: boolean = false;

  /** Whether the message holds a sub-message twice, which the receiver would merge. */
  isMerged(entry: number): boolean {
    if (this.merged.size === 0 && !this.unsure) return false;
    return this.merged.has(entry) || (this.unsure && this.hasDuplicateMessage(entry));
  }

  private hasDuplicateMessage(entry: number): boolean {
    const seen = new Set<string>();
    const compiled = this.tape.compiled(entry);
    for (let at = entry + 1; at < this.tape.next(entry); at = this.tape.next(at)) {
      const field = compiled?.field(this.tape.number(at));
      if (field?.singular !== true) continue;
      const slot = field.def.oneof ?? field.def.name;
      if (seen.has(slot)) return true;
      seen.add(slot);
    }
    return false;
  }

  run(readers: ReadonlyMap<string, MessageReader>): void {
    const byIndex: (MessageReader | null | undefined)[] = [];
    for (let entry = this.tape.length - 1; entry >= 0; entry--) {
      const message = this.tape.message(entry);
      if (message < 0) continue;
      let reader = byIndex[message];
      if (reader === undefined) {
        reader = readers.get(compiledByIndex(message).def.name) ?? null;
        byIndex[message] = reader;
      }
      if (reader !== null) this.values[entry] = this.isMerged(entry) ? this.refuseMerge(entry) : reader(this, entry);
    }
  }

  private refuseMerge(entry: number): null {
    this.note('DUPLICATE_FIELD', entry, 'a message stands twice where one belongs; a receiver merges the two');
    return null;
  }

  /** The value that the message's own reader built: its type follows from the field that the entry fills. */
  value<T>(entry: number): T | null {
    return (this.values[entry] ?? null) as T | null;
  }

  /** The byte range of an entry's content in the payload. */
  span(entry: number): Span {
    return { start: this.tape.base + this.tape.start(entry), end: this.tape.base + this.tape.end(entry) };
  }

  /** The byte range of the `LogicalExprNode` around a node's own message. */
  exprSpan(entry: number): Span {
    return this.span(this.tape.parent(entry));
  }

  note(code: ReadingNote['code'], entry: number, message: string): void {
    this.notes.push({ code, message, offset: this.tape.base + this.tape.tag(entry) });
  }

  /** Notes a field that DataFusion's reader requires, and gives null for the message. */
  missing(entry: number, field: string): null {
    this.note('MISSING_FIELD', entry, `${this.tape.compiled(entry)?.def.name ?? 'the message'} has no ${field}`);
    return null;
  }

  /** Says that the canonical writer would not give the bytes around `entry` again. */
  keepBytes(entry: number): void {
    let at = entry;
    while (at >= 0 && !this.climbed.has(at)) {
      this.climbed.add(at);
      if (this.tape.message(at) === this.exprMessage && at !== entry) {
        this.keepsBytes.add(at);
        return;
      }
      at = this.tape.parent(at);
    }
  }

  keeps(entry: number): boolean {
    return this.keepsBytes.size > 0 && this.keepsBytes.has(entry);
  }
}

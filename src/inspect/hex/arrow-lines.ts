/** The bytes of Arrow IPC messages: FlatBuffers tables, vectors and strings with the names of the format. */
import { FlatReader, type FlatTable } from '../../wire/arrow/flatbuffers.ts';
import { HEADER, TYPE } from '../../wire/arrow/ipc-format.ts';
import { DfxError } from '../../wire/errors.ts';
import { type HexKind, type HexLine, type HexRegion, quotedText } from './cover.ts';
import { FLAT_TABLES, type FlatSlot } from './flat-tables.ts';

interface Place {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

const PADDING = { kind: 'padding', label: 'padding' } as const;

export function looksLikeIpc(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[0] === 0xff && bytes[1] === 0xff && bytes[2] === 0xff && bytes[3] === 0xff;
}

/** `0xFFFFFFFF | length | message | 0xFFFFFFFF | 0`; anything behind is told as it is. */
export function streamRegion(bytes: Uint8Array, place: Place): HexRegion {
  return { ...place, gap: { kind: 'unread', label: 'not read' }, hideGaps: false, parts: streamLines(bytes, place) };
}

/** A bare message, as nested literals hold it. */
export function recordBatchRegion(bytes: Uint8Array, place: Place): HexRegion {
  return messageRegion(bytes, place);
}

function* streamLines(bytes: Uint8Array, { start, depth }: Place): Generator<HexLine | HexRegion, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 4 <= bytes.length) {
    if (view.getUint32(at, true) === 0xffffffff) {
      yield line(start + at, start + at + 4, depth, 'structure', 'continuation marker', '');
      at += 4;
      if (at + 4 > bytes.length) return;
    }
    const length = view.getUint32(at, true);
    const what = length === 0 ? 'end of the stream' : `${length} bytes`;
    yield line(start + at, start + at + 4, depth, 'structure', 'message length', what);
    at += 4;
    if (length === 0) return;
    const end = Math.min(at + length, bytes.length);
    yield messageRegion(bytes.subarray(at, end), { start: start + at, end: start + end, depth: depth + 1 });
    at = end;
  }
}

function messageRegion(bytes: Uint8Array, place: Place): HexRegion {
  return { ...place, gap: PADDING, hideGaps: false, parts: messageLines(bytes, place) };
}

function line(offset: number, end: number, depth: number, kind: HexKind, label: string, value: string): HexLine {
  return { offset, end, depth, kind, label, value, hiddenFrom: null };
}

interface Todo {
  readonly table: FlatTable;
  readonly type: string;
  readonly depth: number;
}

/** Collects what the tables lead to, then tells it in the order of the bytes. Each table is looked at once. */
function messageLines(bytes: Uint8Array, place: Place): readonly HexLine[] {
  const walk = new FlatWalk(bytes, place);
  try {
    walk.run();
  } catch (error) {
    // What was found stays, the bytes that nothing leads to are a gap.
    if (!(error instanceof DfxError)) throw error;
  }
  return walk.lines.sort((a, b) => a.offset - b.offset || a.end - b.end);
}

class FlatWalk {
  readonly lines: HexLine[] = [];
  private readonly reader: FlatReader;
  private readonly seen = new Set<number>();
  private readonly todo: Todo[] = [];
  private budget: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly place: Place,
  ) {
    this.reader = new FlatReader(bytes, place.start);
    this.budget = bytes.length;
  }

  run(): void {
    this.put(0, 4, 0, 'structure', 'root', 'Message');
    this.todo.push({ table: this.reader.root(), type: 'Message', depth: 0 });
    for (let next = this.todo.pop(); next !== undefined; next = this.todo.pop()) this.table(next);
  }

  private put(start: number, end: number, depth: number, kind: HexKind, label: string, value: string): void {
    if (--this.budget < 0) throw new DfxError('ARROW', 'the message shares its parts with itself');
    const base = this.place.start;
    this.lines.push(line(base + start, base + end, this.place.depth + Math.min(depth, 20), kind, label, value));
  }

  private table({ table, type, depth }: Todo): void {
    if (this.seen.has(table.start)) return;
    this.seen.add(table.start);
    if (!this.seen.has(-table.vtable)) {
      this.seen.add(-table.vtable);
      this.put(table.vtable, table.vtable + table.vtableSize, depth, 'structure', `${type} vtable`, '');
    }
    this.put(table.start, table.start + 4, depth, 'structure', type, 'table');
    const slots = FLAT_TABLES.get(type) ?? [];
    let union = 0;
    slots.forEach((slot, at) => {
      const value = this.slot(table, at, slot, type, depth + 1, union);
      if (slot.kind === 'union-type') union = value;
    });
  }

  /** Gives the value of a `union-type` slot, else 0. */
  private slot(table: FlatTable, at: number, slot: FlatSlot, type: string, depth: number, union: number): number {
    const { reader } = this;
    const label = `${type}.${slot.name}`;
    const place = reader.field(table, at, SIZES[slot.kind] ?? 4, label);
    if (place < 0) return 0;
    switch (slot.kind) {
      case 'bool':
      case 'u8':
      case 'union-type': {
        const value = this.bytes[place] ?? 0;
        const name =
          slot.kind === 'union-type'
            ? (unionName(type, value) ?? String(value))
            : slot.kind === 'bool'
              ? String(value !== 0)
              : String(value);
        this.put(place, place + 1, depth, 'value', label, name);
        return value;
      }
      case 'i16':
        this.put(place, place + 2, depth, 'value', label, String(reader.i16(table, at, label)));
        return 0;
      case 'i32':
        this.put(place, place + 4, depth, 'value', label, String(reader.i32(table, at, label)));
        return 0;
      case 'i64':
        this.put(place, place + 8, depth, 'value', label, String(reader.i64(table, at, label)));
        return 0;
      case 'string':
        this.put(place, place + 4, depth, 'structure', label, 'reference');
        this.string(table, at, label, depth);
        return 0;
      case 'table':
      case 'union': {
        this.put(place, place + 4, depth, 'structure', label, 'reference');
        const target = slot.kind === 'union' ? unionName(type, union) : (slot.of ?? null);
        if (target === null) return 0;
        this.todo.push({ table: reader.table(reader.reference(place, label), label), type: target, depth });
        return 0;
      }
      case 'tables':
      case 'numbers':
        this.put(place, place + 4, depth, 'structure', label, 'reference');
        this.vector(table, at, slot, label, depth);
        return 0;
    }
  }

  /** A FieldNode is length and null count, a Buffer offset and length (`Message.fbs`). */
  private numberText({ name, width }: FlatSlot, at: number): string {
    const { reader } = this;
    if (width === 4) return String(reader.i32At(at));
    if (width === 8) return String(reader.i64At(at));
    const [first, second] = [reader.i64At(at), reader.i64At(at + 8)];
    return name === 'nodes' ? `${first} rows, ${second} nulls` : `at ${first}, ${second} bytes`;
  }

  private string(table: FlatTable, at: number, label: string, depth: number): void {
    const vector = this.reader.vector(table, at, 1, label);
    if (vector === undefined || this.seen.has(vector.start + 0.5)) return;
    this.seen.add(vector.start + 0.5);
    this.put(vector.start - 4, vector.start, depth, 'structure', `${label} length`, String(vector.count));
    if (vector.count === 0) return;
    this.put(
      vector.start,
      vector.start + vector.count,
      depth,
      'name',
      label,
      quotedText(this.reader.string(table, at, label) ?? ''),
    );
  }

  private vector(table: FlatTable, at: number, slot: FlatSlot, label: string, depth: number): void {
    const width = slot.width ?? 4;
    const vector = this.reader.vector(table, at, width, label);
    if (vector === undefined || this.seen.has(vector.start + 0.5)) return;
    this.seen.add(vector.start + 0.5);
    this.put(vector.start - 4, vector.start, depth, 'structure', `${label} count`, String(vector.count));
    for (let index = 0; index < vector.count; index++) {
      const start = vector.start + width * index;
      this.put(
        start,
        start + width,
        depth,
        slot.kind === 'tables' ? 'structure' : 'value',
        `${label}[${index}]`,
        slot.kind === 'tables' ? 'reference' : this.numberText(slot, start),
      );
      if (slot.kind === 'tables' && slot.of !== undefined) {
        this.todo.push({ table: this.reader.element(vector, index, label), type: slot.of, depth });
      }
    }
  }
}

const SIZES: Readonly<Partial<Record<FlatSlot['kind'], number>>> = { bool: 1, u8: 1, 'union-type': 1, i16: 2, i64: 8 };

function nameOf(table: Readonly<Record<string, number>>, code: number): string | null {
  return Object.entries(table).find(([, value]) => value === code)?.[0] ?? null;
}

function unionName(type: string, code: number): string | null {
  return nameOf(type === 'Message' ? HEADER : TYPE, code);
}

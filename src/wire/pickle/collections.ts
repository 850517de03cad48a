/** Pickles of expressions in lists, tuples and dicts, as CPython's pickler writes them. */
import { DfxError } from '../errors.ts';
import { PickleWriter } from './write.ts';

/** An expression by its protobuf, a collection, or a plain value beside them. */
export type PickleItem =
  | { readonly kind: 'expr'; readonly proto: Uint8Array }
  | { readonly kind: 'list' | 'tuple'; readonly items: readonly PickleItem[] }
  | { readonly kind: 'dict'; readonly pairs: readonly (readonly [key: PickleItem, value: PickleItem])[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'str'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array };

/** Collections inside each other beyond this are refused: nobody writes them. */
export const MAX_COLLECTION_DEPTH = 64;

const REDUCE = 0x52;
const MARK = 0x28;
/** CPython puts at most so many items into a list or dict at once. */
const BATCH = 1000;

/** The bytes that `pickle.dumps` gives where equal strings are one object, as literals and keys in Python code are. */
export function writePickledItem(item: PickleItem, protocol: number): Uint8Array {
  const writer = new ItemWriter(protocol);
  writer.item(item, 0);
  return writer.finish();
}

class ItemWriter {
  private readonly w: PickleWriter;
  private readonly memo = new Map<string, number>();

  constructor(protocol: number) {
    this.w = new PickleWriter({ protocol, memo: true });
  }

  finish(): Uint8Array {
    return this.w.finish();
  }

  item(item: PickleItem, depth: number): void {
    if (depth > MAX_COLLECTION_DEPTH)
      throw new DfxError('LIMIT', `found collections more than ${MAX_COLLECTION_DEPTH} levels inside each other`);
    const { w } = this;
    switch (item.kind) {
      case 'none':
        return w.none();
      case 'bool':
        return w.bool(item.value);
      case 'int':
        return w.int(item.value);
      case 'float':
        return w.float(item.value);
      case 'str':
        return this.text(item.value);
      case 'bytes':
        this.bytes(item.value);
        return;
      case 'expr':
        return this.expr(item.proto);
      case 'tuple':
        return this.tuple(item.items.map((inner) => () => this.item(inner, depth + 1)));
      case 'list':
        return this.filled(
          [0x5d, 0x6c, 0x61, 0x65], // EMPTY_LIST, LIST, APPEND, APPENDS
          item.items.map((inner) => () => this.item(inner, depth + 1)),
        );
      case 'dict':
        return this.filled(
          [0x7d, 0x64, 0x73, 0x75], // EMPTY_DICT, DICT, SETITEM, SETITEMS
          item.pairs.map(([key, value]) => () => {
            this.item(key, depth + 1);
            this.item(value, depth + 1);
          }),
        );
    }
  }

  /** `getattr(Expr, "_reconstruct")(bytes)` */
  private expr(proto: Uint8Array): void {
    const { w } = this;
    this.global('builtins', 'getattr');
    this.tuple([() => this.global('datafusion.expr', 'Expr'), () => this.text('_reconstruct')]);
    w.op(REDUCE);
    w.memoize();
    this.tuple([() => this.bytes(proto)]);
    w.op(REDUCE);
    w.memoize();
  }

  private bytes(value: Uint8Array): void {
    const { w } = this;
    if (w.protocol >= 3) w.bytes(value);
    else if (value.length === 0) {
      this.global('builtins', 'bytes');
      w.closeTuple(0);
      w.op(REDUCE);
    } else {
      this.global('_codecs', 'encode');
      let text = '';
      for (const byte of value) text += String.fromCharCode(byte);
      this.tuple([
        () => {
          w.str(text); // a string of its own each time
          w.memoize();
        },
        () => this.text('latin1'),
      ]);
      w.op(REDUCE);
    }
    w.memoize();
  }

  private text(value: string): void {
    this.once(`str ${value}`, () => this.w.str(value));
  }

  private global(module: string, name: string): void {
    this.once(`global ${module} ${name}`, () => this.w.global(module, name));
  }

  /** Written the first time and fetched from then on. */
  private once(key: string, write: () => void): void {
    const known = this.memo.get(key);
    if (known !== undefined) return this.w.fetch(known);
    write();
    this.memo.set(key, this.w.memoize());
  }

  private tuple(items: readonly (() => void)[]): void {
    this.w.openTuple(items.length);
    for (const write of items) write();
    this.w.closeTuple(items.length);
    if (items.length > 0) this.w.memoize();
  }

  private filled(
    [empty, old, one, many]: readonly [number, number, number, number],
    items: readonly (() => void)[],
  ): void {
    const { w } = this;
    if (w.protocol >= 1) w.op(empty);
    else {
      w.op(MARK);
      w.op(old);
    }
    w.memoize();
    if (w.protocol === 0 || items.length === 1) {
      for (const write of items) {
        write();
        w.op(one);
      }
      return;
    }
    for (let from = 0; from < items.length; from += BATCH) {
      w.op(MARK);
      for (const write of items.slice(from, from + BATCH)) write();
      w.op(many);
    }
  }
}

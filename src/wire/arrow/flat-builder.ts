/**
 * Writes FlatBuffers back to front, as the format's own builders do. Alignment, the order in which fields are pushed and the
 * sharing of equal vtables follow the Rust crate, so that the same calls give the same bytes that arrow-rs writes.
 *
 * A position counts bytes from the end of the buffer: it stays valid while the front grows.
 */
export type Position = number;

export class FlatBuilder {
  #bytes = new Uint8Array(256);
  #used = 0;
  #maxAlign = 1;
  #tableStart = 0;
  readonly #slots: { slot: number; position: Position }[] = [];
  /** Each vtable once, by its bytes. */
  readonly #vtables = new Map<string, Position>();

  string(text: string): Position {
    const utf8 = new TextEncoder().encode(text);
    this.#align(utf8.length + 1, 4);
    this.#make(utf8.length + 1);
    this.#bytes.set(utf8, this.#front());
    return this.#u32(utf8.length);
  }

  /** A vector of references. */
  references(targets: readonly Position[]): Position {
    this.#align(targets.length * 4, 4);
    for (let i = targets.length - 1; i >= 0; i -= 1) this.reference(targets[i] as Position);
    return this.#u32(targets.length);
  }

  i32s(values: readonly number[]): Position {
    this.#align(values.length * 4, 4);
    for (let i = values.length - 1; i >= 0; i -= 1) this.#u32(values[i] as number);
    return this.#u32(values.length);
  }

  /** A vector of 64-bit numbers, or of structs of `perElement` such numbers. */
  i64s(values: readonly bigint[], perElement = 1): Position {
    this.#align(values.length * 8, 8);
    for (let i = values.length - 1; i >= 0; i -= 1) this.#i64(values[i] as bigint);
    return this.#u32(values.length / perElement);
  }

  startTable(): void {
    this.#tableStart = this.#used;
    this.#slots.length = 0;
  }

  // A value equal to the schema's default is left out, as the builders of generated code do.

  addBool(slot: number, value: boolean): void {
    if (!value) return;
    this.addByte(slot, 1);
  }

  addByte(slot: number, value: number): void {
    if (value === 0) return;
    this.#make(1);
    this.#bytes[this.#front()] = value;
    this.#slots.push({ slot, position: this.#used });
  }

  addI16(slot: number, value: number, absent = 0): void {
    if (value === absent) return;
    this.#align(2, 2);
    this.#make(2);
    this.#view().setInt16(this.#front(), value, true);
    this.#slots.push({ slot, position: this.#used });
  }

  addI32(slot: number, value: number, absent = 0): void {
    if (value === absent) return;
    this.#slots.push({ slot, position: this.#u32(value) });
  }

  addI64(slot: number, value: bigint): void {
    if (value === 0n) return;
    this.#slots.push({ slot, position: this.#i64(value) });
  }

  addReference(slot: number, target: Position | undefined): void {
    if (target === undefined) return;
    this.#slots.push({ slot, position: this.reference(target) });
  }

  endTable(): Position {
    const table = this.#u32(0);
    let entries = 0;
    for (const { slot } of this.#slots) entries = Math.max(entries, slot + 1);
    const vtable = new Uint8Array(4 + 2 * entries);
    const view = new DataView(vtable.buffer);
    view.setUint16(0, vtable.length, true);
    view.setUint16(2, table - this.#tableStart, true);
    for (const { slot, position } of this.#slots) view.setUint16(4 + 2 * slot, table - position, true);
    const key = vtable.join();
    let place = this.#vtables.get(key);
    if (place === undefined) {
      this.#make(vtable.length);
      this.#bytes.set(vtable, this.#front());
      place = this.#used;
      this.#vtables.set(key, place);
    }
    this.#view().setInt32(this.#bytes.length - table, place - table, true);
    return table;
  }

  reference(target: Position): Position {
    this.#align(4, 4);
    return this.#u32(this.#used + 4 - target);
  }

  finish(root: Position): Uint8Array {
    this.#align(4, this.#maxAlign);
    this.reference(root);
    return this.#bytes.slice(this.#front());
  }

  #u32(value: number): Position {
    this.#align(4, 4);
    this.#make(4);
    this.#view().setUint32(this.#front(), value, true);
    return this.#used;
  }

  #i64(value: bigint): Position {
    this.#align(8, 8);
    this.#make(8);
    this.#view().setBigInt64(this.#front(), value, true);
    return this.#used;
  }

  /** Pads so that `bytes` more end on a multiple of `alignment`. */
  #align(bytes: number, alignment: number): void {
    this.#maxAlign = Math.max(this.#maxAlign, alignment);
    this.#make(-(this.#used + bytes) & (alignment - 1));
  }

  /** Room for `bytes` zeros at the front. */
  #make(bytes: number): void {
    let capacity = this.#bytes.length;
    while (capacity - this.#used < bytes) capacity *= 2;
    if (capacity !== this.#bytes.length) {
      const grown = new Uint8Array(capacity);
      grown.set(this.#bytes.subarray(this.#front()), capacity - this.#used);
      this.#bytes = grown;
    }
    this.#used += bytes;
  }

  #front(): number {
    return this.#bytes.length - this.#used;
  }

  #view(): DataView {
    return new DataView(this.#bytes.buffer);
  }
}

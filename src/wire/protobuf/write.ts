/**
 * Writes protobuf from the end to the front: a message's content stands before its length is needed, so no size is computed twice
 * and nothing recurses. Callers therefore give the fields of a message in order, and the writer takes them from the last.
 */
const encoder = new TextEncoder();

type Task = () => void;

export class ProtoWriter {
  private buffer = new Uint8Array(256);
  private position = 256;
  private readonly tasks: Task[] = [];
  /** Tasks of the message that is being described, in field order. */
  private pending: Task[] = [];

  /** Runs `describe` for the root message and gives its bytes. */
  static encode(describe: (writer: ProtoWriter) => void): Uint8Array {
    const writer = new ProtoWriter();
    describe(writer);
    writer.flush();
    for (let task = writer.tasks.pop(); task !== undefined; task = writer.tasks.pop()) {
      task();
      writer.flush();
    }
    return writer.buffer.slice(writer.position);
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    for (const task of this.pending) this.tasks.push(task);
    this.pending = [];
  }

  /** A field that is a message; `describe` names its fields in order. */
  message(number: number, describe: (writer: ProtoWriter) => void): void {
    this.pending.push(() => {
      const end = this.bytesFromEnd();
      this.pending.push(() => {
        this.putVarint(this.bytesFromEnd() - end);
        this.putVarint(number * 8 + 2);
      });
      describe(this);
    });
  }

  /** Bytes that are the whole content of the current message, copied as they are. */
  verbatim(bytes: Uint8Array): void {
    this.pending.push(() => this.putBytes(bytes));
  }

  /** A length-delimited field with this content. */
  bytes(number: number, value: Uint8Array): void {
    this.pending.push(() => {
      this.putBytes(value);
      this.putVarint(value.length);
      this.putVarint(number * 8 + 2);
    });
  }

  string(number: number, value: string): void {
    this.bytes(number, encoder.encode(value));
  }

  /** Any integer: negative ones as 64-bit two's complement, which is what int32 and enum need too. */
  varint(number: number, value: number | bigint): void {
    this.pending.push(() => {
      this.putVarint(value);
      this.putVarint(number * 8);
    });
  }

  bool(number: number, value: boolean): void {
    this.varint(number, value ? 1 : 0);
  }

  /** Numbers packed into one field; nothing when there are none. */
  packedVarints(number: number, values: readonly (number | bigint)[]): void {
    if (values.length === 0) return;
    this.pending.push(() => {
      const end = this.bytesFromEnd();
      for (let at = values.length - 1; at >= 0; at--) this.putVarint(values[at] ?? 0);
      this.putVarint(this.bytesFromEnd() - end);
      this.putVarint(number * 8 + 2);
    });
  }

  fixed(number: number, value: Uint8Array): void {
    this.pending.push(() => {
      this.putBytes(value);
      this.putVarint(number * 8 + (value.length === 8 ? 1 : 5));
    });
  }

  double(number: number, value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.fixed(number, bytes);
  }

  // proto3 leaves a default value out where the field has no presence of its own

  stringUnlessEmpty(number: number, value: string): void {
    if (value !== '') this.string(number, value);
  }

  bytesUnlessEmpty(number: number, value: Uint8Array): void {
    if (value.length > 0) this.bytes(number, value);
  }

  varintUnlessZero(number: number, value: number | bigint): void {
    if (value !== 0 && value !== 0n) this.varint(number, value);
  }

  boolUnlessFalse(number: number, value: boolean): void {
    if (value) this.bool(number, value);
  }

  private bytesFromEnd(): number {
    return this.buffer.length - this.position;
  }

  private reserve(size: number): void {
    if (size <= this.position) return;
    const used = this.bytesFromEnd();
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, used + size));
    grown.set(this.buffer.subarray(this.position), grown.length - used);
    this.buffer = grown;
    this.position = grown.length - used;
  }

  private putBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.position -= bytes.length;
    this.buffer.set(bytes, this.position);
  }

  private putVarint(value: number | bigint): void {
    this.reserve(10);
    if (typeof value === 'number' && value >= 0 && value < 0x80) {
      this.buffer[--this.position] = value;
      return;
    }
    let size = 0;
    const scratch = new Uint8Array(10);
    if (typeof value === 'number' && value >= 0) {
      let rest = value;
      while (rest >= 0x80) {
        scratch[size++] = (rest % 0x80) | 0x80;
        rest = Math.floor(rest / 0x80);
      }
      scratch[size++] = rest;
    } else {
      let rest = BigInt.asUintN(64, BigInt(value));
      while (rest >= 0x80n) {
        scratch[size++] = Number(rest & 0x7fn) | 0x80;
        rest >>= 7n;
      }
      scratch[size++] = Number(rest);
    }
    this.position -= size;
    this.buffer.set(scratch.subarray(0, size), this.position);
  }
}

import { DfxError } from '../errors.ts';

/**
 * A varint cursor that never allocates: `low` and `high` are the two halves of the last value read.
 *
 * A varint has at most 10 bytes and the tenth at most the value 1 (protobuf encoding specification; prost's decoder has the
 * same bound). More bytes than the value needs are allowed by the format and reported through `overlong`.
 */
export class VarintCursor {
  low = 0;
  high = 0;
  overlong = false;
  position = 0;

  constructor(
    readonly bytes: Uint8Array,
    /** Offset of `bytes[0]` in the payload, for errors. */
    readonly base: number,
  ) {}

  /**
   * Reads the varint at `position`, which must end before `end`. `what` and `whose` name it in errors: they are put together only
   * when there is one, since this runs twice a field.
   */
  read(end: number, what: string, whose: string): void {
    const bytes = this.bytes;
    const start = this.position;
    let at = start;
    let byte = at < end ? (bytes[at] as number) : this.fail(start, end, what, whose);
    at++;
    if (byte < 0x80) {
      this.low = byte;
      this.high = 0;
      this.overlong = false;
      this.position = at;
      return;
    }
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; ; shift += 7) {
      if (at >= end) this.fail(start, end, what, whose);
      byte = bytes[at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) {
        low |= bits << shift;
      } else if (shift === 28) {
        low |= (bits & 0x0f) << 28;
        high = bits >> 4;
      } else if (shift < 63) {
        high |= bits << (shift - 32);
      } else {
        if (byte > 1) {
          throw new DfxError('BAD_VARINT', `found a varint of more than 64 bits in ${what}${whose}`, {
            offset: this.base + start,
            hint: 'the bytes are damaged or of another format; compare them with what the sender wrote',
          });
        }
        high |= bits << 31;
      }
      if (byte < 0x80) break;
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
    this.overlong = byte === 0;
    this.position = at;
  }

  private fail(start: number, end: number, what: string, whose: string): never {
    const place = start < end ? `bytes inside ${what}${whose}` : `bytes where ${what}${whose} should be`;
    throw new DfxError('TRUNCATED', `found the end of the ${place}`, {
      offset: this.base + start,
      hint: "the payload is cut off; compare its length with the sender's",
    });
  }
}

/** A number while the unsigned value is safe, a bigint beyond 2^53 - 1. */
export function unsigned64(low: number, high: number): number | bigint {
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** The two's complement reading of 64 bits: a number while safe, else a bigint. */
export function signed64(low: number, high: number): number | bigint {
  if (high < 0x8000_0000) return unsigned64(low, high);
  const value = (high - 0x1_0000_0000) * 0x1_0000_0000 + low;
  return value >= Number.MIN_SAFE_INTEGER ? value : BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
}

/**
 * Hashes, through Node's own crypto: of the bytes of a string or binary. `digest` with blake2s and blake3 is refused: Node's OpenSSL
 * may lack the one and has no other.
 */
import { getHashes, hash as hashOf } from 'node:crypto';
import { valueAt } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode } from '../simplify.ts';
import { isString, UTF8_VIEW } from '../types.ts';
import type { Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { finished, isSet, nullScalar, rowCount, strictValidity, TextBuilder, texts } from './strings-rows.ts';
import { BINARY, bytesArgument, stringArgument, takeArguments } from './strings-types.ts';

/** The names of the real engine, and Node's. */
const ALGORITHMS = new Map([
  ['md5', 'md5'],
  ['sha224', 'sha224'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
  ['blake2b', 'blake2b512'],
  ['blake2s', 'blake2s256'],
]);

function hashNode(name: string, algorithm: string, argument: Node): Node {
  const node = ALGORITHMS.get(algorithm);
  if (node === undefined || !getHashes().some((known) => known.toLowerCase() === node)) {
    throw new Refusal(name, `with ${JSON.stringify(algorithm)} isn't supported`);
  }
  const type: DataType = name === 'md5' ? UTF8_VIEW : BINARY;
  const evaluate = (given: readonly Vector[], length: number): Vector => {
    const validity = strictValidity(given);
    if (validity === false) return nullScalar(type);
    const rows = rowCount(given, length);
    const { data, offsets } = texts(given[0]);
    const out = new TextBuilder(rows, rows * 32);
    for (let row = 0; row < rows; row++) {
      if (isSet(validity, row)) {
        const digest = hashOf(node, data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0), 'buffer');
        if (name === 'md5') writeHex(out, digest);
        else out.copy(digest, 0, digest.length);
      }
      out.end();
    }
    return finished(out.column(type, validity), given);
  };
  return callNode({ name, type, nullable: true, args: [argument], mayFail: false, evaluate });
}

const HEX = new TextEncoder().encode('0123456789abcdef');

function writeHex(out: TextBuilder, bytes: Uint8Array): void {
  out.reserve(bytes.length * 2);
  const { data } = out;
  for (const byte of bytes) {
    data[out.at++] = HEX[byte >> 4] ?? 0;
    data[out.at++] = HEX[byte & 15] ?? 0;
  }
}

function hash(name: string): ScalarFunction {
  return {
    name,
    bind: (args) => {
      takeArguments(name, args, 1);
      return hashNode(name, name, bytesArgument(name, args[0]));
    },
  };
}

const digest: ScalarFunction = {
  name: 'digest',
  bind: (args) => {
    takeArguments('digest', args, 2);
    const algorithm = stringArgument('digest', args[1]);
    const named = algorithm.op === 'constant' && isString(algorithm.type.kind) ? valueAt(algorithm.value, 0) : null;
    if (typeof named !== 'string') throw new Refusal('digest', 'takes the name of an algorithm as a constant');
    return hashNode('digest', named, bytesArgument('digest', args[0]));
  },
};

export const HASHES: readonly ScalarFunction[] = [...['md5', 'sha224', 'sha256', 'sha384', 'sha512'].map(hash), digest];

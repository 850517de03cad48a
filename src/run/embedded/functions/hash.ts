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
    const size = hashOf(node, '', 'hex').length / (name === 'md5' ? 1 : 2);
    const out = new TextBuilder(rows, rows * size);
    const written = Buffer.from(out.data.buffer, out.data.byteOffset, out.data.length);
    for (let row = 0; row < rows; row++) {
      if (isSet(validity, row)) {
        // Node gives a short text in less than half of the time that a buffer takes it.
        const hex = hashOf(node, data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0), 'hex');
        if (name === 'md5') written.write(hex, out.at, size, 'latin1');
        else written.write(hex, out.at, size, 'hex');
        out.at += size;
      }
      out.end();
    }
    return finished(out.column(type, validity), given);
  };
  return callNode({ name, type, nullable: true, args: [argument], mayFail: false, evaluate });
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

/** What a payload is: its container, told from its bytes alone. */

import { CHAIN_MAGIC, FRAME_MAGICS, MAGIC_LENGTH } from './frame.ts';
import type { Limits } from './limits.ts';
import { readPickle } from './pickle/index.ts';
import { readPartialMessage, type Tape } from './protobuf/index.ts';

export const CONTAINERS = [
  'expr',
  'expr-list',
  'physical-expr',
  'logical-plan',
  'physical-plan',
  'pickle',
  'frame',
  'schema',
] as const;
export type Container = (typeof CONTAINERS)[number];

/**
 * The root message of each protobuf container, and what a reading as it is worth less than one as an expression: most payloads are
 * expressions, and a name with a control character in it is likelier than a list of expressions that no API writes.
 */
export const CONTAINER_MESSAGES: readonly (readonly [container: Container, message: string, handicap: number])[] = [
  ['expr', 'LogicalExprNode', 0],
  ['physical-expr', 'PhysicalExprNode', 3],
  ['logical-plan', 'LogicalPlanNode', 3.5],
  ['expr-list', 'LogicalExprList', 3.5],
  ['physical-plan', 'PhysicalPlanNode', 4],
];

/** Faults, in the order of how surely they tell that the bytes are another message. */
const FAULT = {
  unknownField: 10,
  emptyVariant: 10,
  oddity: 2,
  controlCharacter: 1,
  retiredField: 5,
  emptyMessage: 10,
} as const;

export interface Candidate {
  readonly container: Container;
  /** The fewer the better. Each fault is something that the container's writer would not have written. */
  readonly faults: number;
}

export interface Detection {
  /** The best reading first; empty where nothing fits at all. */
  readonly candidates: readonly Candidate[];
}

/** Containers that the first bytes give away. */
export function containerOfMagic(bytes: Uint8Array): Container | null {
  if (bytes.length >= MAGIC_LENGTH) {
    let magic = '';
    for (let at = 0; at < MAGIC_LENGTH; at++) magic += String.fromCharCode(bytes[at] ?? 0);
    if (magic === CHAIN_MAGIC || FRAME_MAGICS.some((known) => known.magic === magic)) return 'frame';
  }
  if (startsWith(bytes, [0xff, 0xff, 0xff, 0xff]) || startsWith(bytes, [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31]))
    return 'schema';
  return null;
}

/**
 * Reads the bytes as each container in turn and says how well each fits. Protobuf carries no type identity: bytes of one message
 * can parse as another, so a reading counts what its writer would never have written (unknown fields, a oneof without a member,
 * encodings that prost does not use, control characters in names).
 */
export function detectContainer(bytes: Uint8Array, limits?: Partial<Limits>): Detection {
  const magic = containerOfMagic(bytes);
  if (magic !== null) return { candidates: [{ container: magic, faults: 0 }] };
  const candidates: Candidate[] = [];
  if (looksLikePickle(bytes)) {
    const reading = readPickle(bytes, { limits });
    if (reading.error === null) candidates.push({ container: 'pickle', faults: 0 });
    else if (bytes[0] === 0x80) candidates.push({ container: 'pickle', faults: FAULT.oddity });
  }
  for (const [container, message, handicap] of CONTAINER_MESSAGES) {
    const { tape, error } = readPartialMessage(bytes, message, { limits });
    if (error !== null) continue;
    // every physical expression has content; plans such as CREATE VIEW may be one empty message
    const empty = container === 'physical-expr' && tape.length === 2 && tape.message(1) >= 0 ? FAULT.emptyMessage : 0;
    candidates.push({ container, faults: messageFaults(tape) + handicap + empty });
  }
  return { candidates: candidates.sort((a, b) => a.faults - b.faults) };
}

/** A pickle of protocol 2 and up says so in its first byte; an older one is text that ends in STOP. */
export function looksLikePickle(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x80) return (bytes[1] ?? 0xff) <= 5;
  if (bytes.indexOf(0x2e) === -1) return false;
  // GLOBAL, MARK, EMPTY_LIST, EMPTY_DICT, EMPTY_TUPLE, INST behind MARK: what an Expr or a container of them starts with
  return [0x63, 0x28, 0x5d, 0x7d, 0x29].includes(bytes[0] ?? 0);
}

/** How much of a message its own writer would not have written. */
export function messageFaults(tape: Tape): number {
  if (tape.length === 1) return FAULT.emptyMessage;
  let faults =
    tape.oddityCount * FAULT.oddity +
    tape.retiredMessages * FAULT.retiredField +
    tape.badChoices * FAULT.emptyVariant +
    tape.controlCharacters * FAULT.controlCharacter;
  for (const { kind } of tape.oddities) if (kind === 'unknown_field') faults += FAULT.unknownField;
  return faults;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, at) => bytes[at] === byte);
}

/** `expr.json` for sharing: how a payload is built, without its literals, captured values and code. It can't be encoded again. */
import { payloadNode } from '../../expr/json/index.ts';
import { type JsonMember, type JsonNode, jsonBoolean, jsonObject, jsonString } from '../../expr/json-text.ts';
import type { Payload } from '../../expr/payload.ts';
import { REDACTED } from '../../inspect/redact.ts';

/** Members that hold bytes, code or values, wherever they stand in a document. */
const HIDDEN: ReadonlySet<string> = new Set([
  'raw',
  'scalar_subquery',
  'bytes',
  'blob',
  'pickle',
  'source',
  'ipc_message',
  'arrow_data',
]);
/** Members whose pairs keep their names and lose their values. */
const HIDDEN_PAIRS: ReadonlySet<string> = new Set(['captures', 'metadata']);

/** `payload` has redacted expressions already; this hides what stands beside them. */
export function redactedNode(payload: Payload): JsonNode {
  const root = payloadNode(payload);
  const out: OpenNode[] = [];
  const work: { readonly node: JsonNode; readonly key: string; readonly put: (made: JsonNode) => void }[] = [
    { node: root, key: '', put: (made) => out.push({ made }) },
  ];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { node, key, put } = item;
    if (HIDDEN.has(key) && node.kind === 'string') put(jsonString(REDACTED));
    else if (HIDDEN_PAIRS.has(key) && node.kind === 'array') put({ ...node, items: node.items.map(withoutValue) });
    else if (node.kind === 'array') {
      const items: JsonNode[] = new Array(node.items.length).fill(node);
      put({ ...node, items });
      node.items.forEach((child, at) => {
        work.push({ node: child, key, put: (made) => (items[at] = made) });
      });
    } else if (node.kind === 'object') {
      const members: JsonMember[] = [...node.members];
      put({ ...node, members });
      node.members.forEach((member, at) => {
        work.push({ node: member.value, key: member.key, put: (made) => (members[at] = { ...member, value: made }) });
      });
    } else put(node);
  }
  const made = out[0]?.made ?? root;
  const members =
    made.kind === 'object'
      ? made.members.map(({ key, value }) => [key, key === 'value' ? withoutLeaves(value) : value] as const)
      : [];
  const [schema, ...others] = members;
  return jsonObject([...(schema === undefined ? [] : [schema]), ['redacted', jsonBoolean(true)], ...others]);
}

interface OpenNode {
  readonly made: JsonNode;
}

/** A pickled collection without the values beside its expressions; keys stay. Its depth is bounded by the form. */
function withoutLeaves(node: JsonNode): JsonNode {
  if (node.kind === 'array') return { ...node, items: node.items.map(withoutLeaves) };
  const member = node.kind === 'object' ? node.members[0] : undefined;
  if (node.kind !== 'object' || member === undefined || member.key.startsWith('$')) return jsonString(REDACTED);
  if (member.key === 'expr' || member.value.kind !== 'array') return node;
  const items = member.value.items.map((item) =>
    member.key === 'dict' && item.kind === 'array'
      ? { ...item, items: item.items.map((part, at) => (at === 0 ? part : withoutLeaves(part))) }
      : withoutLeaves(item),
  );
  return { ...node, members: [{ ...member, value: { ...member.value, items } }] };
}

function withoutValue(pair: JsonNode): JsonNode {
  const name = pair.kind === 'array' ? pair.items[0] : undefined;
  return pair.kind === 'array' && name !== undefined ? { ...pair, items: [name, jsonString(REDACTED)] } : pair;
}

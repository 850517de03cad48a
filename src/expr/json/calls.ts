/** Function calls in `expr.json`, writing and reading side by side. */
import { impliedFrame } from '../builder-calls.ts';
import { type FunctionFamily, findFunction } from '../functions.ts';
import { JSON_NULL, type JsonNode, jsonArray, jsonBoolean, jsonNumber, jsonObject, jsonString } from '../json-text.ts';
import type {
  Definition,
  Expr,
  ExprOf,
  FrameBound,
  NullTreatment,
  Scalar,
  SortExpr,
  UdfFamily,
  WindowFrame,
} from '../model.ts';
import type { Child, Members, Slot } from './forms.ts';
import { literalMembers, literalOf } from './literals.ts';
import { nameOfKind, ObjectReader, shapeError, stringOf } from './shape.ts';
import { sameJson } from './types.ts';

type CallExpr = ExprOf<'scalar_function' | 'higher_order_function' | 'aggregate_function' | 'window_function'>;

/** What the writer asks of the document: the name under which a definition stands in `udfs`. */
export type DefinitionName = (
  family: UdfFamily | 'higher_order',
  outerName: string,
  definition: Uint8Array,
) => { id: string; name: string };
/** What the reader asks of the document. */
export type DefinitionOf = (
  node: JsonNode,
  id: string,
) => { readonly family: UdfFamily | 'higher_order'; readonly name: string; readonly definition: Definition };

const FAMILY = {
  scalar_function: 'scalar',
  higher_order_function: 'higher_order',
  aggregate_function: 'aggregate',
} as const;

export function callMembers(expr: CallExpr, slot: Slot, nameOf: DefinitionName): Members | null {
  const family: FunctionFamily = expr.kind === 'window_function' ? expr.family : FAMILY[expr.kind];
  const members: Members = [];
  if (expr.definition === null) {
    members.push(['call', jsonString(expr.name)]);
    // said only where the name alone would be taken for another family, or for an alias (Spark's functions share names)
    const natural = expr.kind === 'window_function' ? windowFamily(expr.name) : findFunction(expr.name)?.family;
    if (natural !== family || findFunction(expr.name, family)?.name !== expr.name)
      members.push(['family', jsonString(family)]);
  } else {
    const { id, name } = nameOf(family, expr.name, expr.definition);
    members.push(['udf', jsonString(id)]);
    if (name !== expr.name) members.push(['name', jsonString(expr.name)]);
  }
  if (expr.args.length > 0 || expr.definition === null) members.push(['args', jsonArray(expr.args.map(slot))]);
  if (expr.kind === 'scalar_function' || expr.kind === 'higher_order_function') return members;

  if (expr.distinct) members.push(['distinct', jsonBoolean(true)]);
  if (expr.nullTreatment !== null)
    members.push(['nulls', jsonString(expr.nullTreatment === 'IGNORE_NULLS' ? 'ignore' : 'respect')]);
  if (expr.filter !== null) members.push(['filter', slot(expr.filter)]);
  if (expr.kind === 'aggregate_function') {
    if (expr.orderBy.length > 0)
      members.push(['order_by', jsonArray(expr.orderBy.map((sort) => sortJson(sort, slot)))]);
    return members;
  }
  const over: Members = [];
  if (expr.partitionBy.length > 0) over.push(['partition_by', jsonArray(expr.partitionBy.map(slot))]);
  if (expr.orderBy.length > 0) over.push(['order_by', jsonArray(expr.orderBy.map((sort) => sortJson(sort, slot)))]);
  if (expr.frame === null) over.push(['frame', JSON_NULL]);
  else if (!sameJson(expr.frame, impliedFrame(expr.orderBy.length > 0))) {
    const frame = frameJson(expr.frame);
    if (frame === null) return null;
    over.push(['frame', frame]);
  }
  members.push(['over', jsonObject(over)]);
  return members;
}

/** The family that a window call's name has by itself: the engine looks for window functions first. */
function windowFamily(name: string): 'window' | 'aggregate' | undefined {
  if (findFunction(name, 'window') !== undefined) return 'window';
  return findFunction(name, 'aggregate') === undefined ? undefined : 'aggregate';
}

export function callOf(object: ObjectReader, child: Child, definitionOf: DefinitionOf): Expr {
  const udf = object.optional('udf');
  const over = object.optional('over');
  const familyNode = object.optional('family');
  const args = object.array('args').map(child);
  let name: string;
  let definition: Definition = null;
  let family: FunctionFamily | undefined;
  if (udf !== undefined) {
    const found = definitionOf(udf, stringOf(udf, 'udf'));
    name = object.optionalString('name') ?? found.name;
    definition = found.definition;
    family = found.family;
  } else {
    const call = object.required('call');
    name = stringOf(call, 'call');
    const natural = over === undefined ? findFunction(name)?.family : windowFamily(name);
    family = familyNode === undefined ? natural : familyOf(familyNode);
    if (family === undefined) {
      throw shapeError(
        call,
        `found a call of "${name}", which is no built-in function`,
        'add "family": "scalar", "aggregate" or "window" if the receiver has it registered, or list it in "udfs"',
      );
    }
    // an alias such as pow calls power: the wire carries the function's own name
    if (familyNode === undefined) name = findFunction(name, family)?.name ?? name;
  }
  if (over !== undefined) return windowOf(object, over, { name, family, args, definition }, child);
  if (family === 'scalar' || family === 'higher_order') {
    return { kind: family === 'scalar' ? 'scalar_function' : 'higher_order_function', name, args, definition };
  }
  if (family === 'window') {
    throw shapeError(
      object.node,
      `found a call of the window function "${name}" without "over"`,
      'add "over": {"order_by": […]}',
    );
  }
  return {
    kind: 'aggregate_function',
    name,
    args,
    ...aggregateOptions(object, child),
    orderBy: sortsOf(object, child),
    definition,
  };
}

function aggregateOptions(
  object: ObjectReader,
  child: Child,
): { distinct: boolean; nullTreatment: NullTreatment | null; filter: Expr | null } {
  const nulls = object.optional('nulls');
  const filter = object.optional('filter');
  return {
    distinct: object.boolean('distinct', false),
    nullTreatment: nulls === undefined ? null : nullsOf(nulls),
    filter: filter === undefined ? null : child(filter),
  };
}

function nullsOf(node: JsonNode): NullTreatment {
  if (node.kind === 'string' && node.value === 'ignore') return 'IGNORE_NULLS';
  if (node.kind === 'string' && node.value === 'respect') return 'RESPECT_NULLS';
  throw shapeError(
    node,
    `found ${node.kind === 'string' ? `"${node.value}"` : nameOfKind(node)} for "nulls", expected "ignore" or "respect"`,
  );
}

function familyOf(node: JsonNode): FunctionFamily {
  const text = stringOf(node, 'family');
  if (text === 'scalar' || text === 'aggregate' || text === 'window' || text === 'higher_order') return text;
  throw shapeError(node, `found "${text}" for "family", expected "scalar", "aggregate", "window" or "higher_order"`);
}

function windowOf(
  object: ObjectReader,
  over: JsonNode,
  call: {
    readonly name: string;
    readonly family: FunctionFamily;
    readonly args: readonly Expr[];
    readonly definition: Definition;
  },
  child: Child,
): Expr {
  if (call.family !== 'window' && call.family !== 'aggregate') {
    throw shapeError(
      object.node,
      `found "over" at a call of the ${call.family} function "${call.name}"`,
      'only aggregate and window functions take "over"',
    );
  }
  const options = aggregateOptions(object, child);
  const inner = ObjectReader.of(over, '"over"');
  const partitionBy = inner.array('partition_by').map(child);
  const orderBy = sortsOf(inner, child);
  const frameNode = inner.optional('frame');
  inner.finish();
  return {
    kind: 'window_function',
    family: call.family,
    name: call.name,
    args: call.args,
    partitionBy,
    orderBy,
    frame: frameOrImplied(frameNode, orderBy.length > 0),
    ...options,
    definition: call.definition,
  };
}

/** Without "frame" SQL's own; null for a payload that has none, which receivers refuse. */
function frameOrImplied(node: JsonNode | undefined, ordered: boolean): WindowFrame | null {
  if (node === undefined) return impliedFrame(ordered);
  return node.kind === 'null' ? null : frameOf(node);
}

/** Ascending with nulls last unless it says otherwise; descending with nulls first (SQL's defaults in DataFusion). */
function sortJson(sort: SortExpr, slot: Slot): JsonNode {
  const members: Members = [['expr', slot(sort.expr)]];
  if (!sort.asc) members.push(['asc', jsonBoolean(false)]);
  if (sort.nullsFirst === sort.asc) members.push(['nulls_first', jsonBoolean(sort.nullsFirst)]);
  return jsonObject(members);
}

function sortsOf(object: ObjectReader, child: Child): SortExpr[] {
  return object.array('order_by').map((node) => {
    const inner = ObjectReader.of(node, 'a sort expression');
    const asc = inner.boolean('asc', true);
    const sort = { expr: child(inner.required('expr')), asc, nullsFirst: inner.boolean('nulls_first', !asc) };
    inner.finish();
    return sort;
  });
}

function frameJson(frame: WindowFrame): JsonNode | null {
  const start = boundJson(frame.start);
  const end = frame.end === null ? null : boundJson(frame.end);
  if (start === null || (frame.end !== null && end === null)) return null;
  const members: Members = [
    ['units', jsonString(frame.units)],
    ['start', start],
  ];
  if (end !== null) members.push(['end', end]);
  return jsonObject(members);
}

/** `"current row"`, `"unbounded preceding"`, `{"following": 1}`, `{"following": {"lit": 1.5}}`; null where the bytes have no value. */
function boundJson(bound: FrameBound): JsonNode | null {
  if (bound.kind === 'CURRENT_ROW') return jsonString('current row');
  const key = bound.kind === 'PRECEDING' ? 'preceding' : 'following';
  // the engine writes UNBOUNDED as a null count
  if (bound.value?.kind === 'Null' && bound.value.type.kind === 'UInt64') return jsonString(`unbounded ${key}`);
  if (bound.value === null) return jsonObject([[key, JSON_NULL]]);
  if (bound.value.kind === 'UInt64') return jsonObject([[key, jsonNumber(bound.value.value)]]);
  const members = literalMembers(bound.value);
  return members === null ? null : jsonObject([[key, jsonObject(members)]]);
}

function frameOf(node: JsonNode): WindowFrame {
  const object = ObjectReader.of(node, 'a window frame');
  const units = object.string('units').toUpperCase();
  if (units !== 'ROWS' && units !== 'RANGE' && units !== 'GROUPS') {
    throw shapeError(node, `found "${units}" for "units", expected "ROWS", "RANGE" or "GROUPS"`);
  }
  const end = object.optional('end');
  const frame: WindowFrame = {
    units,
    start: boundOf(object.required('start')),
    end: end === undefined ? null : boundOf(end),
  };
  object.finish();
  return frame;
}

const UNBOUNDED: Scalar = { kind: 'Null', type: { kind: 'UInt64' } };

function boundOf(node: JsonNode): FrameBound {
  if (node.kind === 'string') {
    if (node.value === 'current row') return { kind: 'CURRENT_ROW' };
    if (node.value === 'unbounded preceding') return { kind: 'PRECEDING', value: UNBOUNDED };
    if (node.value === 'unbounded following') return { kind: 'FOLLOWING', value: UNBOUNDED };
    throw shapeError(
      node,
      `found "${node.value}" for a frame bound, expected "current row", "unbounded preceding", "unbounded following", {"preceding": …} or {"following": …}`,
    );
  }
  const object = ObjectReader.of(node, 'a frame bound');
  const preceding = object.optional('preceding');
  const value = preceding ?? object.optional('following');
  if (value === undefined)
    throw shapeError(node, 'found neither "preceding" nor "following" in a frame bound', 'such as {"preceding": 1}');
  object.finish();
  return {
    kind: preceding === undefined ? 'FOLLOWING' : 'PRECEDING',
    value: value.kind === 'null' ? null : boundValueOf(value),
  };
}

function boundValueOf(node: JsonNode): Scalar {
  // the engine counts rows and groups in UInt64
  if (node.kind === 'number')
    return literalOf(
      new ObjectReader(
        jsonObject([
          ['lit', node],
          ['type', jsonString('UInt64')],
        ]),
        'a frame bound',
      ),
    );
  const object = ObjectReader.of(node, 'a frame bound');
  const scalar = literalOf(object);
  object.finish();
  return scalar;
}

/**
 * Syntax to expressions, as the planner of datafusion-sql 55.2 does it: what becomes a function, which literals fold, where a
 * type decides. No coercion and no simplification happen there, so none happen here.
 */
import type { Schema } from '../../wire/arrow/types.ts';
import type { Expr, Int, Scalar } from '../model.ts';
import { NEEDS_SCHEMA, SqlRefusal, unsupported } from './errors.ts';
import { BOOLEAN, type Facts, NULL, ofCase, ofScalar, typed, unknown } from './facts.ts';
import { lowerCase, normalize } from './identifiers.ts';
import { parseIntervalText } from './interval.ts';
import { planAccess } from './plan-access.ts';
import { planCall } from './plan-call.ts';
import { planQuantified } from './plan-quantified.ts';
import { binary, type Chain, castTo, infer, literal, type Planned, type Scope, scalarCall, utf8 } from './planned.ts';
import { type Ident, type Syntax, spine, type Value } from './syntax.ts';
import { arrowType } from './types.ts';

type Of<K extends Syntax['kind']> = Syntax & { readonly kind: K };

export class Planner {
  readonly scope: Scope;

  constructor(schema: Schema | null, udfs: Scope['udfs']) {
    const columns = schema?.fields.map(({ name, type, metadata }) => [name, { ...typed(type), metadata }] as const);
    this.scope = {
      columns: columns === undefined ? null : new Map(columns),
      names: schema?.fields.map((field) => field.name) ?? [],
      udfs,
    };
  }

  /** The chain of operands on the left is walked in a loop; everything else nests no deeper than the parser did. */
  plan(node: Syntax): Planned {
    const chainNodes: Syntax[] = [];
    let at = node;
    for (let inner = spine(at); inner !== null; inner = spine(at)) {
      chainNodes.push(at);
      at = inner;
    }
    let current = this.planLeaf(at);
    let chain: Chain | null = null;
    for (let above = chainNodes.pop(); above !== undefined; above = chainNodes.pop()) {
      if (above.kind === 'binary') {
        const result = this.planBinary(above, current, chain);
        current = result.planned;
        chain = result.chain;
      } else {
        current = this.planAbove(above, current);
        chain = null;
      }
    }
    return current;
  }

  planAll(nodes: readonly Syntax[]): readonly Planned[] {
    return nodes.map((node) => this.plan(node));
  }

  private planBinary(
    node: Of<'binary'>,
    left: Planned,
    chain: Chain | null,
  ): { planned: Planned; chain: Chain | null } {
    const right = this.plan(node.right);
    const rewritten = this.planListOperator(node, left, right);
    if (rewritten !== null) return { planned: rewritten, chain: null };
    return binary(node.op, left, right, this.scope, node.start, chain);
  }

  /** `||`, `@>` and `<@` on lists are function calls. */
  private planListOperator(node: Of<'binary'>, left: Planned, right: Planned): Planned | null {
    const concat = node.op === 'StringConcat';
    if (!concat && node.op !== 'AtArrow' && node.op !== 'ArrowAt') return null;
    const l = left.facts.dims;
    const r = right.facts.dims;
    if (!concat && (l === 0 || r === 0)) return null;
    if (l === null || r === null) {
      const why = l === null ? left.facts.why : right.facts.why;
      const symbol = concat ? '||' : node.op === 'AtArrow' ? '@>' : '<@';
      throw this.needsType(`${symbol}, which is another operator for lists`, why, node.start);
    }
    if (!concat) return scalarCall('array_has_all', node.op === 'AtArrow' ? [left, right] : [right, left]);
    if (l + r === 0) return null;
    const name = l === r ? 'array_concat' : l > r ? 'array_append' : 'array_prepend';
    const facts = l >= r ? left.facts : right.facts;
    return scalarCall(name, [left, right], { ...facts, exact: null, why: `the type of what ${name} returns` });
  }

  /** Says what type the engine would look at, and how to tell it. */
  needsType(what: string, why: string, start: number): SqlRefusal {
    const hint = this.scope.columns === null ? NEEDS_SCHEMA : 'cast it, so that its type is known';
    return unsupported(`found ${what}: ${why} isn't known`, start, hint);
  }

  private planAbove(node: Syntax, inner: Planned): Planned {
    const { scope } = this;
    switch (node.kind) {
      case 'test':
        return { expr: { kind: node.test, expr: inner.expr }, facts: BOOLEAN };
      case 'json':
        return binary('Colon', inner, utf8(node.path), scope, node.start).planned;
      case 'between': {
        const low = infer(this.plan(node.low), inner, scope, node.start).expr;
        const high = infer(this.plan(node.high), inner, scope, node.start).expr;
        return { expr: { kind: 'between', expr: inner.expr, negated: node.negated, low, high }, facts: BOOLEAN };
      }
      case 'in': {
        const list = node.list.map((item) => infer(this.plan(item), inner, scope, item.start).expr);
        return { expr: { kind: 'in_list', expr: inner.expr, list, negated: node.negated }, facts: BOOLEAN };
      }
      case 'like':
      case 'ilike':
      case 'similar_to':
        return this.planLike(node, inner);
      case 'cast':
        return this.planCast(node, inner);
      case 'at_time_zone': {
        const { zone } = node;
        if (zone.kind !== 'value' || zone.value.kind !== 'string' || zone.value.style !== 'single') {
          throw unsupported('found AT TIME ZONE with an expression, expected a string', zone.start);
        }
        return castTo(inner, { kind: 'Timestamp', unit: 'Nanosecond', timezone: zone.value.text });
      }
      case 'any':
      case 'all':
        return planQuantified(node, inner, this.plan(node.right), scope);
      default:
        return this.planLeaf(node);
    }
  }

  private planLike(node: Of<'like' | 'ilike' | 'similar_to'>, inner: Planned): Planned {
    if (node.any) throw unsupported('found LIKE ANY, which the engine has no meaning for', node.start);
    const { escape: mark } = node;
    // The engine counts bytes: a character beyond ASCII is refused.
    if (mark !== null && (mark.kind !== 'string' || mark.style !== 'single' || !/^[\0-\x7f]$/.test(mark.text))) {
      throw unsupported('found an ESCAPE that is no single ASCII character in single quotes', node.start);
    }
    const pattern = infer(this.plan(node.pattern), inner, this.scope, node.start).expr;
    const character = mark?.kind === 'string' ? mark.text : '';
    const expr: Expr = { kind: node.kind, expr: inner.expr, pattern, negated: node.negated, escape: character };
    return { expr, facts: BOOLEAN };
  }

  /** Whole numbers become timestamps as seconds, so nanosecond casts of an Int64 take a detour. */
  private planCast(node: Of<'cast'>, inner: Planned): Planned {
    const type = arrowType(node.type, node.start);
    if (node.safe || type.kind !== 'Timestamp' || type.unit !== 'Nanosecond') return castTo(inner, type, node.safe);
    if (inner.facts.int64 === null) {
      throw this.needsType('a cast to TIMESTAMP, which counts an Int64 in seconds', inner.facts.why, node.start);
    }
    return castTo(inner.facts.int64 ? castTo(inner, { ...type, unit: 'Second' }) : inner, type);
  }

  private planLeaf(node: Syntax): Planned {
    switch (node.kind) {
      case 'value':
        return planValue(node.value, node.start);
      case 'ident':
        return this.column(node.ident, node.start);
      case 'access':
        return planAccess(this, node);
      case 'nested':
        return this.plan(node.expr);
      case 'tuple':
        return this.planTuple(node);
      case 'unary':
        return this.planUnary(node);
      case 'interval':
        return planInterval(node, false);
      case 'typed': {
        if (node.value.kind !== 'string')
          throw unsupported('found a type before a value, expected a string', node.start);
        return castTo(utf8(node.value.text), arrowType(node.type, node.start));
      }
      case 'case':
        return this.planCase(node);
      case 'form':
        return scalarCall(node.name, this.planAll(node.args));
      case 'array':
        return scalarCall('make_array', this.planAll(node.items));
      case 'struct':
        return this.planStruct(node);
      case 'dictionary':
        return scalarCall(
          'named_struct',
          node.items.flatMap(({ key, value }) => [utf8(key), this.plan(value)]),
        );
      case 'map':
        return planMap(this.planAll(node.items), node.start);
      case 'call':
        return planCall(this, node);
      case 'wildcard':
        return { expr: { kind: 'wildcard', qualifier: null }, facts: unknown('the type of *') };
      case 'unsupported':
        throw unsupported(`found ${node.what}, which the engine has no meaning for`, node.start);
      default:
        return this.plan(node);
    }
  }

  /** A column of the schema, or any column where there is none. */
  column(ident: Ident, start: number): Planned {
    if (ident.quote === '' && ident.text.startsWith('@')) {
      throw unsupported(`found the variable ${ident.text}, which only a session has`, start);
    }
    const name = normalize(ident);
    const { columns } = this.scope;
    const facts: Facts | undefined = columns === null ? unknown(`the type of column ${name}`) : columns.get(name);
    if (facts === undefined) throw this.missing(name, start);
    return { expr: { kind: 'column', name, relation: null }, facts };
  }

  missing(name: string, start: number): SqlRefusal {
    const { names } = this.scope;
    const shown = names.length === 0 ? 'none' : names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
    const other = names.find((one) => lowerCase(one) === lowerCase(name));
    const hint = other === undefined ? undefined : `write "${other}": names in double quotes keep their case`;
    return new SqlRefusal(
      'COLUMN_MISSING',
      `found the column ${name}, expected one of the input: ${shown}`,
      start,
      hint,
    );
  }

  private planTuple(node: Of<'tuple'>): Planned {
    const [first] = node.items;
    const named =
      first?.kind === 'access' && first.root.kind === 'ident' && first.chain.every((one) => one.kind === 'dot');
    if (first?.kind !== 'ident' && first?.kind !== 'value' && !named) {
      throw unsupported('found a tuple that starts with an expression, expected a column or a literal', node.start);
    }
    return scalarCall('struct', this.planAll(node.items));
  }

  private planStruct(node: Of<'struct'>): Planned {
    if (node.items.every((item) => item.name === null)) {
      return scalarCall('struct', this.planAll(node.items.map((item) => item.expr)));
    }
    const args = node.items.flatMap(({ expr, name }, i) => [utf8(name?.text ?? `c${i}`), this.plan(expr)]);
    return scalarCall('named_struct', args);
  }

  private planCase(node: Of<'case'>): Planned {
    const operand = node.operand === null ? null : this.plan(node.operand).expr;
    const results: Planned[] = [];
    const whenThen = node.branches.map(({ when, then }) => {
      const result = this.plan(then);
      results.push(result);
      return { when: this.plan(when).expr, then: result.expr };
    });
    const otherwise = node.otherwise === null ? null : this.plan(node.otherwise);
    if (otherwise !== null) results.push(otherwise);
    const facts = ofCase(results.map((result) => result.facts));
    return { expr: { kind: 'case', expr: operand, whenThen, otherwise: otherwise?.expr ?? null }, facts };
  }

  private planUnary(node: Of<'unary'>): Planned {
    if (node.op === '~')
      throw unsupported('found ~ before an operand, which the engine has no meaning for', node.start);
    if (node.op === '-') {
      if (node.expr.kind === 'value' && node.expr.value.kind === 'number')
        return planNumber(node.expr.value.text, true);
      if (node.expr.kind === 'interval') return planInterval(node.expr, true);
    }
    const operand = this.plan(node.expr);
    const { exact } = operand.facts;
    if (exact !== null && !UNARY_TYPES[node.op].test(exact.kind)) {
      throw unsupported(`found ${node.op} before a value of type ${exact.kind}, which it doesn't take`, node.start);
    }
    if ((operand.facts.dims ?? 0) > 0 || operand.facts.map === true) {
      throw unsupported(`found ${node.op} before a list or a map, which it doesn't take`, node.start);
    }
    if (node.op === '+') return operand;
    if (node.op === 'NOT') return { expr: { kind: 'not', expr: operand.expr }, facts: BOOLEAN };
    return { expr: { kind: 'negative', expr: operand.expr }, facts: operand.facts };
  }
}

const UNARY_TYPES = {
  NOT: /^(Boolean|Null|Dictionary|RunEndEncoded)$/,
  '+': /^(U?Int\d+|Float\d+|Decimal\d+|Interval|Timestamp)$/,
  '-': /^(Int\d+|Float\d+|Decimal\d+|Interval|Timestamp|Null)$/,
} as const;

export function planValue(value: Value, start: number): Planned {
  switch (value.kind) {
    case 'number':
      return planNumber(value.text, false);
    case 'boolean':
      return literal({ kind: 'Boolean', value: value.value });
    case 'null':
      return { expr: { kind: 'literal', value: { kind: 'Null', type: { kind: 'Null' } } }, facts: NULL };
    case 'string':
      return planString(value, start);
    case 'placeholder':
      return planPlaceholder(value.text, start);
  }
}

function planString({ text, style }: Value & { readonly kind: 'string' }, start: number): Planned {
  switch (style) {
    case 'single':
    case 'double':
    case 'dollar':
    case 'escape':
      return utf8(text);
    case 'hex': {
      if (!/^[0-9a-fA-F]*$/.test(text))
        throw unsupported('found a hexadecimal string with other characters in it', start);
      const padded = text.length % 2 === 0 ? text : `0${text}`;
      const bytes = Uint8Array.from({ length: padded.length / 2 }, (_, i) =>
        Number.parseInt(padded.slice(2 * i, 2 * i + 2), 16),
      );
      return literal({ kind: 'Binary', value: bytes });
    }
    case 'byte':
    case 'raw':
    case 'national':
    case 'unicode':
    case 'delimited':
      throw unsupported(`found a string with a prefix (${style}), which the engine has no meaning for`, start);
  }
}

function planPlaceholder(id: string, start: number): Planned {
  if (/^\+?0+$/.test(id.slice(1))) throw unsupported(`found the placeholder ${id}, expected one from $1 on`, start);
  return { expr: { kind: 'placeholder', id, type: null, nullable: null, metadata: [] }, facts: NULL };
}

const I64_MAX = 2n ** 63n - 1n;
const U64_MAX = 2n ** 64n - 1n;

function int(value: bigint): Int {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Int64 where it fits, else UInt64, else Float64. */
export function planNumber(text: string, negative: boolean): Planned {
  if (/^[0-9]+$/.test(text)) {
    // Twenty significant digits pass any 64-bit integer: no need to read a longer one as a bigint.
    const digits = text.replace(/^0+(?=[0-9])/, '');
    if (digits.length <= 20) {
      const value = negative ? -BigInt(digits) : BigInt(digits);
      if (value >= -I64_MAX - 1n && value <= I64_MAX) return literal({ kind: 'Int64', value: int(value) });
      if (!negative && value <= U64_MAX) return literal({ kind: 'UInt64', value: int(value) });
    }
  }
  return literal({ kind: 'Float64', value: negative ? -Number(text) : Number(text) });
}

/** The text that the engine reads as an interval. A sign turns those below it and then stands for itself: `- -5` is `-5`. */
function intervalText(node: Syntax, negative: boolean): string {
  if (node.kind === 'unary' && (node.op === '-' || node.op === '+')) {
    const inner = intervalText(node.expr, node.op === '-' ? !negative : negative);
    return negative ? `-${inner}` : inner;
  }
  if (node.kind === 'value') {
    const { value } = node;
    const sign = negative ? '-' : '';
    if (value.kind === 'string' && (value.style === 'single' || value.style === 'double')) return sign + value.text;
    if (value.kind === 'number' && !value.long) return sign + value.text;
  }
  throw unsupported('found an INTERVAL of an expression, expected a string or a number', node.start);
}

function planInterval(node: Of<'interval'>, negative: boolean): Planned {
  const written = intervalText(node.value, negative);
  const text = node.unit === null ? written : `${written} ${node.unit}`;
  const value: Scalar | null = parseIntervalText(text, 'second');
  if (value === null)
    throw unsupported(`found the interval ${JSON.stringify(text)}, expected amounts with units`, node.start);
  return { expr: { kind: 'literal', value }, facts: ofScalar(value) };
}

/** Keys and values in turn. */
export function planMap(parts: readonly Planned[], start: number): Planned {
  if (parts.length % 2 !== 0) throw unsupported('found a map with a key without a value', start);
  const keys = scalarCall(
    'make_array',
    parts.filter((_, i) => i % 2 === 0),
  );
  const values = scalarCall(
    'make_array',
    parts.filter((_, i) => i % 2 === 1),
  );
  return scalarCall('map', [keys, values]);
}

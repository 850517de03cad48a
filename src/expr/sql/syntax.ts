/**
 * SQL expressions as written, before the engine's planner gives them a meaning. Only what the planner tells apart is kept:
 * parentheses stay (`-(5)` is a negation, `-5` a literal), spelling of keywords doesn't.
 */
import type { UnaryKind } from '../model.ts';
import type { StringStyle } from './tokens.ts';

export interface Ident {
  readonly text: string;
  /** The quote it was written in: quoted identifiers keep their case. */
  readonly quote: '' | '"' | '`' | "'";
}

export type Value =
  | { readonly kind: 'number'; readonly text: string; readonly long: boolean }
  | { readonly kind: 'string'; readonly text: string; readonly style: StringStyle | 'double' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'placeholder'; readonly text: string };

/** A type as written. `name` is the keyword that decides, upper case; `unsigned` and `zoned` as their keywords said. */
export type TypeSyntax =
  | {
      readonly kind: 'named';
      readonly name: string;
      readonly numbers: readonly number[];
      readonly unsigned: boolean;
      readonly zoned: boolean;
    }
  | { readonly kind: 'array'; readonly item: TypeSyntax; readonly size: number | null }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: Ident | null; readonly type: TypeSyntax }[] };

export type Access =
  | { readonly kind: 'dot'; readonly name: Ident }
  | { readonly kind: 'index'; readonly index: Syntax }
  | {
      readonly kind: 'slice';
      readonly lower: Syntax | null;
      readonly upper: Syntax | null;
      readonly stride: Syntax | null;
    };

export interface SortSyntax {
  readonly expr: Syntax;
  readonly asc: boolean | null;
  readonly nullsFirst: boolean | null;
}

export type BoundSyntax =
  | { readonly kind: 'CURRENT_ROW' }
  | { readonly kind: 'PRECEDING' | 'FOLLOWING'; readonly value: Syntax | null };

export interface FrameSyntax {
  readonly units: 'ROWS' | 'RANGE' | 'GROUPS';
  readonly start: BoundSyntax;
  readonly end: BoundSyntax | null;
}

export interface WindowSyntax {
  readonly partitionBy: readonly Syntax[];
  readonly orderBy: readonly SortSyntax[];
  readonly frame: FrameSyntax | null;
}

export interface ArgumentSyntax {
  readonly name: Ident | null;
  readonly expr: Syntax;
}

export interface CallSyntax {
  readonly kind: 'call';
  readonly start: number;
  readonly name: Ident;
  /** False for `current_date` and its like, which may be columns too. */
  readonly parentheses: boolean;
  readonly args: readonly ArgumentSyntax[];
  readonly distinct: boolean;
  readonly orderBy: readonly SortSyntax[];
  readonly withinGroup: readonly SortSyntax[];
  readonly filter: Syntax | null;
  readonly nullTreatment: 'IGNORE_NULLS' | 'RESPECT_NULLS' | null;
  readonly over: WindowSyntax | null;
}

interface Placed {
  /** UTF-16 index of the token that an error points at. */
  readonly start: number;
}

export type Syntax =
  | CallSyntax
  | (Placed &
      (
        | { readonly kind: 'value'; readonly value: Value }
        | { readonly kind: 'ident'; readonly ident: Ident }
        | { readonly kind: 'access'; readonly root: Syntax; readonly chain: readonly Access[] }
        | { readonly kind: 'nested'; readonly expr: Syntax }
        | { readonly kind: 'tuple'; readonly items: readonly Syntax[] }
        | { readonly kind: 'binary'; readonly op: string; readonly left: Syntax; readonly right: Syntax }
        | {
            readonly kind: 'any' | 'all';
            readonly op: string;
            readonly left: Syntax;
            readonly right: Syntax;
          }
        | { readonly kind: 'unary'; readonly op: '-' | '+' | 'NOT' | '~'; readonly expr: Syntax }
        | { readonly kind: 'test'; readonly test: UnaryKind; readonly expr: Syntax }
        | { readonly kind: 'json'; readonly expr: Syntax; readonly path: string }
        | {
            readonly kind: 'between';
            readonly expr: Syntax;
            readonly negated: boolean;
            readonly low: Syntax;
            readonly high: Syntax;
          }
        | { readonly kind: 'in'; readonly expr: Syntax; readonly negated: boolean; readonly list: readonly Syntax[] }
        | {
            readonly kind: 'like' | 'ilike' | 'similar_to';
            readonly expr: Syntax;
            readonly negated: boolean;
            readonly any: boolean;
            readonly pattern: Syntax;
            readonly escape: Value | null;
          }
        | { readonly kind: 'cast'; readonly expr: Syntax; readonly type: TypeSyntax; readonly safe: boolean }
        | { readonly kind: 'typed'; readonly type: TypeSyntax; readonly value: Value }
        | { readonly kind: 'at_time_zone'; readonly expr: Syntax; readonly zone: Syntax }
        | { readonly kind: 'interval'; readonly value: Syntax; readonly unit: string | null }
        | {
            readonly kind: 'case';
            readonly operand: Syntax | null;
            readonly branches: readonly { readonly when: Syntax; readonly then: Syntax }[];
            readonly otherwise: Syntax | null;
          }
        /** EXTRACT, SUBSTRING, POSITION, TRIM, OVERLAY, CEIL and FLOOR: the function that the planner makes of them. */
        | { readonly kind: 'form'; readonly name: string; readonly args: readonly Syntax[] }
        | { readonly kind: 'array'; readonly items: readonly Syntax[] }
        | {
            readonly kind: 'struct';
            readonly items: readonly { readonly expr: Syntax; readonly name: Ident | null }[];
          }
        | { readonly kind: 'dictionary'; readonly items: readonly { readonly key: string; readonly value: Syntax }[] }
        | { readonly kind: 'map'; readonly items: readonly Syntax[] }
        | { readonly kind: 'wildcard' }
        /** Reads well, and the engine's planner has no meaning for it. `what` names it as the subject of a sentence. */
        | { readonly kind: 'unsupported'; readonly what: string }
      ));

/** The operand that a loop of the parser put inside: the chain that may be 100,000 long. Everything else nests by recursion. */
export function spine(node: Syntax): Syntax | null {
  switch (node.kind) {
    case 'binary':
    case 'any':
    case 'all':
      return node.left;
    case 'test':
    case 'json':
    case 'between':
    case 'in':
    case 'like':
    case 'ilike':
    case 'similar_to':
    case 'cast':
    case 'at_time_zone':
      return node.expr;
    default:
      return null;
  }
}

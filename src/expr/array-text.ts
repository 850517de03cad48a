/** Values inside lists, structs and maps as arrow-rs displays them (arrow-cast 58 and 59, default options): null is nothing. */

import type { DataType, TimeUnit } from '../wire/arrow/types.ts';
import { type ArrowValue, isKind } from '../wire/arrow/value-model.ts';
import { dateText, timestampText, timeText, UNITS_PER_SECOND } from './calendar.ts';
import type { Int } from './model.ts';
import { arrowDecimalText, arrowFloatText, float64Text } from './number-text.ts';

interface Cell {
  readonly type: DataType;
  readonly value: ArrowValue;
}

/** `[1, 2]`, `{a: 1, b: x}`, `2020-01-01T00:00:00Z`. Takes any depth. */
export function arrayValueText(type: DataType, value: ArrowValue): string {
  const out: string[] = [];
  const pending: (string | Cell)[] = [{ type, value }];
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    if (typeof piece === 'string') {
      out.push(piece);
      continue;
    }
    const pieces = cellPieces(piece);
    for (let index = pieces.length - 1; index >= 0; index--) {
      const next = pieces[index];
      if (next !== undefined) pending.push(next);
    }
  }
  return out.join('');
}

function cellPieces({ type, value }: Cell): readonly (string | Cell)[] {
  if (value === null) return [];
  switch (type.kind) {
    case 'Dictionary':
      return [{ type: type.value, value }];
    case 'RunEndEncoded':
      return [{ type: type.values.type, value }];
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList': {
      if (!isList(value)) break;
      const pieces: (string | Cell)[] = ['['];
      value.forEach((item, index) => {
        if (index > 0) pieces.push(', ');
        pieces.push({ type: type.item.type, value: item });
      });
      pieces.push(']');
      return pieces;
    }
    case 'Struct': {
      if (!isKind(value, 'struct')) break;
      const pieces: (string | Cell)[] = ['{'];
      type.fields.forEach((field, index) => {
        pieces.push(`${index > 0 ? ', ' : ''}${field.name}: `, {
          type: field.type,
          value: value.fields[index]?.[1] ?? null,
        });
      });
      pieces.push('}');
      return pieces;
    }
    case 'Map': {
      const types = entryTypes(type);
      if (!isKind(value, 'map') || types === null) break;
      const pieces: (string | Cell)[] = ['{'];
      value.entries.forEach(([key, item], index) => {
        if (index > 0) pieces.push(', ');
        pieces.push({ type: types.key, value: key }, ': ', { type: types.value, value: item });
      });
      pieces.push('}');
      return pieces;
    }
    case 'Union': {
      if (!isKind(value, 'union')) break;
      const member = type.fields.find(({ id }) => id === value.id)?.field;
      return member === undefined ? [] : [`{${member.name}=`, { type: member.type, value: value.value }, '}'];
    }
    default:
      break;
  }
  return [plainText(type, value)];
}

/** The types of a map's keys and values; null where its entries aren't a struct of two fields. */
export function entryTypes(
  type: Extract<DataType, { readonly kind: 'Map' }>,
): { readonly key: DataType; readonly value: DataType } | null {
  if (type.entries.type.kind !== 'Struct') return null;
  const [key, value] = type.entries.type.fields;
  return key === undefined || value === undefined ? null : { key: key.type, value: value.type };
}

function isList(value: ArrowValue): value is readonly ArrowValue[] {
  return Array.isArray(value);
}

function plainText(type: DataType, value: ArrowValue): string {
  if (value instanceof Uint8Array) {
    let text = '';
    for (const byte of value) text += byte.toString(16).padStart(2, '0');
    return text;
  }
  if (value !== null && isKind(value, 'nan')) return 'NaN';
  if (type.kind === 'Interval') return intervalText(value);
  if (typeof value === 'number' || typeof value === 'bigint') return numberText(type, value);
  return String(value);
}

function numberText(type: DataType, value: Int): string {
  switch (type.kind) {
    case 'Float16':
      return float64Text(Number(value));
    case 'Float32':
      return arrowFloatText(Number(value), 32);
    case 'Float64':
      return arrowFloatText(Number(value), 64);
    case 'Date32':
      return dateText(Number(value));
    case 'Date64':
      return timestampText(value, 'Millisecond');
    case 'Time32':
    case 'Time64':
      return timeText(value, type.unit);
    case 'Timestamp':
      return zonedText(value, type.unit, type.timezone);
    case 'Duration':
      return durationText(value, type.unit);
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return arrowDecimalText(BigInt(value), type.precision, type.scale);
    default:
      return String(value);
  }
}

/** Zones with a fixed offset show local time, as the engine does. Named zones stay in UTC: their rules are no part of dfx. */
function zonedText(value: Int, unit: TimeUnit, zone: string | null): string {
  if (zone === null) return timestampText(value, unit);
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return `${timestampText(value, unit)}Z`;
  const [, sign = '+', hours = '0', minutes = '0'] = match;
  const seconds = BigInt(Number(hours) * 3600 + Number(minutes) * 60);
  const offset = (sign === '-' ? -seconds : seconds) * UNITS_PER_SECOND[unit];
  return `${timestampText(BigInt(value) + offset, unit)}${sign}${hours}:${minutes.padStart(2, '0')}`;
}

/** ISO 8601 in seconds: `PT1.5S`, `-PT5S`, `P0D`. */
function durationText(value: Int, unit: TimeUnit): string {
  const units = BigInt(value);
  if (units === 0n) return 'P0D';
  const perSecond = UNITS_PER_SECOND[unit];
  const magnitude = units < 0n ? -units : units;
  const fraction = (magnitude % perSecond)
    .toString()
    .padStart(perSecond.toString().length - 1, '0')
    .replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}PT${magnitude / perSecond}${fraction === '' ? '' : `.${fraction}`}S`;
}

/** `1 years 2 mons`, or `14 mons 3 days 1 hours 2 mins 3.500000000 secs`. */
function intervalText(value: ArrowValue): string {
  if (typeof value === 'number') return `${Math.floor(value / 12)} years ${value - Math.floor(value / 12) * 12} mons`;
  if (isKind(value, 'dayTime')) {
    return intervalWords(0, value.days, BigInt(value.milliseconds), 3);
  }
  return isKind(value, 'monthDayNano') ? intervalWords(value.months, value.days, BigInt(value.nanos), 9) : '';
}

function intervalWords(months: number, days: number, rest: bigint, digits: number): string {
  const words: string[] = [];
  if (months !== 0) words.push(`${months} mons`);
  if (days !== 0) words.push(`${days} days`);
  const perSecond = 10n ** BigInt(digits);
  const seconds = rest / perSecond;
  const hours = seconds / 3600n;
  const minutes = (seconds / 60n) % 60n;
  if (hours !== 0n) words.push(`${hours} hours`);
  if (minutes !== 0n) words.push(`${minutes} mins`);
  const left = rest - (seconds / 60n) * 60n * perSecond;
  if (left !== 0n) {
    const magnitude = left < 0n ? -left : left;
    const fraction = (magnitude % perSecond).toString().padStart(digits, '0');
    words.push(`${left < 0n ? '-' : ''}${magnitude / perSecond}.${fraction} secs`);
  }
  return words.length === 0 ? '0 secs' : words.join(' ');
}

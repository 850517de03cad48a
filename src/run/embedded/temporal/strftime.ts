/**
 * chrono 0.4's format strings (`%Y-%m-%d %H:%M:%S%.f`) taken apart: what `to_char` writes and what `to_timestamp`, `to_date` and
 * `to_time` read.
 */

export type Pad = 'zero' | 'space' | 'none';

export type NumericPart =
  | 'year'
  | 'yearDiv100'
  | 'yearMod100'
  | 'isoYear'
  | 'isoYearMod100'
  | 'quarter'
  | 'month'
  | 'day'
  | 'weekFromSunday'
  | 'weekFromMonday'
  | 'isoWeek'
  | 'daysFromSunday'
  | 'weekday'
  | 'ordinal'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'nanosecond'
  | 'timestamp';

export type Item =
  | { readonly kind: 'literal' | 'space'; readonly text: string }
  | { readonly kind: 'numeric'; readonly part: NumericPart; readonly pad: Pad }
  | { readonly kind: 'monthName' | 'weekdayName'; readonly long: boolean }
  | { readonly kind: 'halfDay'; readonly upper: boolean }
  /** Digits of a fraction with a point before them: as many as are needed, or 3, 6, 9; without a point always so many. */
  | { readonly kind: 'fraction'; readonly digits: 0 | 3 | 6 | 9; readonly point: boolean }
  | { readonly kind: 'zoneName' }
  /** `+0930`; with `colons` 1 `+09:30`, 2 `+09:30:00`, 3 `+09`; `permissive` reads `Z` and hours alone, and can't be written. */
  | { readonly kind: 'offset'; readonly colons: 0 | 1 | 2 | 3; readonly permissive: boolean }
  | { readonly kind: 'rfc3339' }
  | { readonly kind: 'error' };

const numeric = (part: NumericPart, pad: Pad = 'zero'): Item => ({ kind: 'numeric', part, pad });
const literal = (text: string): Item => ({ kind: 'literal', text });
const space = (text: string): Item => ({ kind: 'space', text });

const DATE: readonly Item[] = [numeric('month'), literal('/'), numeric('day'), literal('/'), numeric('yearMod100')];
const CLOCK: readonly Item[] = [numeric('hour'), literal(':'), numeric('minute'), literal(':'), numeric('second')];

const SPECIFIERS = new Map<string, readonly Item[]>([
  ['A', [{ kind: 'weekdayName', long: true }]],
  ['B', [{ kind: 'monthName', long: true }]],
  ['C', [numeric('yearDiv100')]],
  ['D', DATE],
  ['F', [numeric('year'), literal('-'), numeric('month'), literal('-'), numeric('day')]],
  ['G', [numeric('isoYear')]],
  ['H', [numeric('hour')]],
  ['I', [numeric('hour12')]],
  ['M', [numeric('minute')]],
  ['P', [{ kind: 'halfDay', upper: false }]],
  ['R', [numeric('hour'), literal(':'), numeric('minute')]],
  ['S', [numeric('second')]],
  ['T', CLOCK],
  ['U', [numeric('weekFromSunday')]],
  ['V', [numeric('isoWeek')]],
  ['W', [numeric('weekFromMonday')]],
  ['X', CLOCK],
  ['Y', [numeric('year')]],
  ['Z', [{ kind: 'zoneName' }]],
  ['a', [{ kind: 'weekdayName', long: false }]],
  ['b', [{ kind: 'monthName', long: false }]],
  ['h', [{ kind: 'monthName', long: false }]],
  [
    'c',
    [
      { kind: 'weekdayName', long: false },
      space(' '),
      { kind: 'monthName', long: false },
      space(' '),
      numeric('day', 'space'),
      space(' '),
      ...CLOCK,
      space(' '),
      numeric('year'),
    ],
  ],
  ['d', [numeric('day')]],
  ['e', [numeric('day', 'space')]],
  ['f', [numeric('nanosecond')]],
  ['g', [numeric('isoYearMod100')]],
  ['j', [numeric('ordinal')]],
  ['k', [numeric('hour', 'space')]],
  ['l', [numeric('hour12', 'space')]],
  ['m', [numeric('month')]],
  ['n', [space('\n')]],
  ['p', [{ kind: 'halfDay', upper: true }]],
  ['q', [numeric('quarter', 'none')]],
  [
    'r',
    [
      numeric('hour12'),
      literal(':'),
      numeric('minute'),
      literal(':'),
      numeric('second'),
      space(' '),
      { kind: 'halfDay', upper: true },
    ],
  ],
  ['s', [numeric('timestamp', 'none')]],
  ['t', [space('\t')]],
  ['u', [numeric('weekday', 'none')]],
  ['v', [numeric('day', 'space'), literal('-'), { kind: 'monthName', long: false }, literal('-'), numeric('year')]],
  ['w', [numeric('daysFromSunday', 'none')]],
  ['x', DATE],
  ['y', [numeric('yearMod100')]],
  ['z', [{ kind: 'offset', colons: 0, permissive: false }]],
  ['#z', [{ kind: 'offset', colons: 0, permissive: true }]],
  [':z', [{ kind: 'offset', colons: 1, permissive: false }]],
  ['::z', [{ kind: 'offset', colons: 2, permissive: false }]],
  [':::z', [{ kind: 'offset', colons: 3, permissive: false }]],
  ['+', [{ kind: 'rfc3339' }]],
  ['.f', [{ kind: 'fraction', digits: 0, point: true }]],
  ['.3f', [{ kind: 'fraction', digits: 3, point: true }]],
  ['.6f', [{ kind: 'fraction', digits: 6, point: true }]],
  ['.9f', [{ kind: 'fraction', digits: 9, point: true }]],
  ['3f', [{ kind: 'fraction', digits: 3, point: false }]],
  ['6f', [{ kind: 'fraction', digits: 6, point: false }]],
  ['9f', [{ kind: 'fraction', digits: 9, point: false }]],
  ['%', [literal('%')]],
]);

const PADS = new Map<string, Pad>([
  ['-', 'none'],
  ['0', 'zero'],
  ['_', 'space'],
]);

/** What Rust takes for white space. */
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const STARTS_WITH_SPACE = new RegExp(`^${SPACE}`, 'u');
const PIECE = new RegExp(
  `${SPACE}+|%(?:[-0_])?(?:#z|:{0,3}z|\\.[369]?f|[369]f|[\\s\\S])?|(?:(?!${SPACE}|%)[\\s\\S])+`,
  'gu',
);

/**
 * The items of a format, up to the first that is none: nothing is written or read beyond an error. White space and literals are items
 * of their own.
 */
export function formatItems(format: string): readonly Item[] {
  const items: Item[] = [];
  for (const [piece] of format.matchAll(PIECE)) {
    if (!piece.startsWith('%')) {
      items.push(STARTS_WITH_SPACE.test(piece) ? space(piece) : literal(piece));
      continue;
    }
    const pad = PADS.get(piece[1] ?? '');
    const found = SPECIFIERS.get(piece.slice(pad === undefined ? 1 : 2));
    const [first, ...others] = found ?? [];
    const padded = pad !== undefined && first?.kind === 'numeric' && others.length === 0 ? { ...first, pad } : first;
    if (first === undefined || padded === undefined || (pad !== undefined && padded === first)) {
      items.push({ kind: 'error' });
      return items;
    }
    items.push(padded, ...others);
  }
  return items;
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/** From Monday. */
export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Columns that an expression reads and the input lacks. */
import { formatDataType, type Schema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';

/** Columns that a message lists; a table may have thousands. */
const SHOWN_COLUMNS = 20;
/** Characters of a name. */
const SHOWN_NAME = 100;

export function missingColumns(missing: readonly string[], schema: Schema, input: string | undefined): DfxError {
  const [first = ''] = missing;
  const near = [...schema.fields].sort((a, b) => distance(a.name, first) - distance(b.name, first));
  // Of more than can be shown, the likely ones come first.
  const fields = near.length > SHOWN_COLUMNS ? near : schema.fields;
  const shown = fields.slice(0, SHOWN_COLUMNS).map(({ name, type }) => `${quoted(name)} (${formatDataType(type)})`);
  const more = fields.length > shown.length ? ` and ${fields.length - shown.length} more` : '';
  const has = shown.length === 0 ? 'none' : `${shown.join(', ')}${more}`;
  const nearest = near[0]?.name;
  return new DfxError('COLUMN_MISSING', `the input lacks ${columnList(missing)}; it has ${has}`, {
    file: input,
    hint:
      otherDelimiter(missing, schema) ??
      (nearest !== undefined && isNear(nearest, first) ? `did you mean ${quoted(nearest)}?` : undefined) ??
      'names are case-sensitive; a CSV file without a header line needs --no-header',
  });
}

export function columnList(names: readonly string[]): string {
  return `the column${names.length === 1 ? '' : 's'} ${names.map(quoted).join(', ')}`;
}

/** A name may be as long as its file. */
function quoted(name: string): string {
  return name.length > SHOWN_NAME ? `${JSON.stringify(name.slice(0, SHOWN_NAME))}…` : JSON.stringify(name);
}

/** One column whose name holds the missing ones: the file is separated by something else. */
function otherDelimiter(missing: readonly string[], schema: Schema): string | undefined {
  const [only, ...others] = schema.fields;
  if (only === undefined || others.length > 0) return undefined;
  const found = [';', '\t', '|', ','].find((delimiter) => {
    const names = only.name.split(delimiter);
    return names.length > 1 && missing.every((name) => names.includes(name));
  });
  if (found === undefined) return undefined;
  return `the header is separated otherwise: name it with --delimiter ${found === '\t' ? "$'\\t'" : JSON.stringify(found)}`;
}

function isNear(name: string, wanted: string): boolean {
  // One letter for another is no slip where there is but one.
  return distance(name, wanted) <= (wanted.length === 1 ? 0 : Math.max(1, Math.floor(wanted.length / 3)));
}

/** Letters to add, drop or change, capitals and small ones being alike. Names longer than this are compared by their start. */
const COMPARED = 64;

function distance(one: string, other: string): number {
  const a = one.toLowerCase().slice(0, COMPARED);
  const b = other.toLowerCase().slice(0, COMPARED);
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Into which parts the input is cut, and where the real engine may be given parts of it at all. */
import { type RowRange, type Split, WHOLE } from '../../io/split.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import type { TableReading } from './engine.ts';
import type { PreparedInput } from './input.ts';

export interface SplitOptions {
  /** Most bytes of a split; rows of Arrow and Parquet are counted as so many bytes as the file has for each. Null: as the format has it. */
  readonly size: number | null;
  /** Bytes of the file, null where nobody knows. */
  readonly bytes: number | null;
  /** Whether row groups of Parquet stay whole: the Python worker reads no less than one. */
  readonly rowGroups: boolean;
}

/** The parts in which workers read the input: they depend on the file and the options alone. */
export function splitsOf(reading: TableReading, { size, bytes, rowGroups }: SplitOptions): readonly Split[] {
  let splits = reading.ok && reading.table !== null ? reading.table.splits() : [];
  if (size !== null) splits = splits.flatMap((split) => smaller(split, size, bytesPerRow(splits, bytes)));
  if (rowGroups) splits = inRowGroups(splits);
  return splits.length === 0 ? [WHOLE] : splits;
}

function bytesPerRow(splits: readonly Split[], bytes: number | null): number {
  let rows = 0;
  for (const split of splits) if (split.kind === 'rows') for (const { start, end } of split.parts) rows += end - start;
  return Math.max(1, (bytes ?? 0) / Math.max(1, rows));
}

function smaller(split: Split, size: number, rowBytes: number): readonly Split[] {
  switch (split.kind) {
    case 'whole':
      return [split];
    case 'bytes': {
      const cut: Split[] = [];
      for (let start = split.start; start < split.end; start += size) {
        cut.push({
          ...split,
          start,
          end: Math.min(start + size, split.end),
          aligned: split.aligned && start === split.start,
        });
      }
      return cut;
    }
    case 'rows': {
      const rows = Math.max(1, Math.floor(size / rowBytes));
      const cut: Split[] = [];
      for (const { batch, start, end } of split.parts) {
        for (let at = start; at < end; at += rows) {
          cut.push({ kind: 'rows', parts: [{ batch, start: at, end: Math.min(at + rows, end) }] });
        }
      }
      return cut;
    }
  }
}

/** Neighbours that read the same row group become one. */
function inRowGroups(splits: readonly Split[]): readonly Split[] {
  const found: { readonly kind: 'rows'; readonly parts: RowRange[] }[] = [];
  for (const split of splits) {
    if (split.kind !== 'rows') return splits;
    for (const [at, part] of split.parts.entries()) {
      const last = found.at(-1);
      const before = last?.parts.at(-1);
      if (last === undefined || before === undefined) found.push({ kind: 'rows', parts: [part] });
      else if (before.batch === part.batch) last.parts.splice(-1, 1, { ...before, end: part.end });
      else if (at === 0) found.push({ kind: 'rows', parts: [part] });
      else last.parts.push(part);
    }
  }
  return found;
}

/**
 * Why the real engine reads the input as a whole, null where each part gives it just what the whole would. `streams`: the rows are to be
 * read by dfx itself, and sent to workers as Arrow.
 */
export function unsplit(source: PreparedInput | null, reading: TableReading, streams: boolean): string | null {
  if (source === null) return 'there is no input';
  if (!reading.ok || reading.table === null) return 'only the real engine reads this input';
  const { format } = source.spec;
  if (format === 'csv') return null;
  if (format === 'ndjson' && !streams) return null;
  if (format === 'arrow' && !source.isFile && !streams) return 'an Arrow stream is read from its start';
  const odd = reading.table.schema.fields.find(({ type }) => !isInPython(type));
  return odd === undefined ? null : `Python hands on no ${formatDataType(odd.type)}`;
}

/** Types that are the same to pyarrow and to the engine; some intervals and unions aren't there. */
const IN_PYTHON =
  /^(Null|Boolean|U?Int(8|16|32|64)|Float(16|32|64)|Date(32|64)|Time(32|64)\(|Timestamp\(|Duration\(|Decimal(128|256)\(|(Large)?(Utf8|Binary)|(Utf8|Binary)View|FixedSizeBinary\()/;

function isInPython(type: DataType): boolean {
  const todo: DataType[] = [type];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    switch (next.kind) {
      case 'List':
      case 'LargeList':
      case 'FixedSizeList':
        todo.push(next.item.type);
        break;
      case 'Struct':
        todo.push(...next.fields.map((field) => field.type));
        break;
      case 'Map':
        todo.push(next.entries.type);
        break;
      case 'Dictionary':
        todo.push(next.key, next.value);
        break;
      default:
        if (!IN_PYTHON.test(formatDataType(next))) return false;
    }
  }
  return true;
}

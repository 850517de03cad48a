/** The grammar of csv-core 0.1 as its documentation and its automaton state it, a byte at a time: what the tests hold the reader against. */
const LF = 10;
const CR = 13;

export interface ModelDialect {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number | null;
}

export const PLAIN: ModelDialect = { delimiter: 44, quote: 34, escape: null };

type State = 'record' | 'field' | 'in' | 'quoted' | 'closed' | 'escaped';

/** The fields of each record, as bytes. */
export function modelRecords(bytes: Uint8Array, dialect: ModelDialect): Uint8Array[][] {
  const { delimiter, quote } = dialect;
  const records: Uint8Array[][] = [];
  let fields: Uint8Array[] = [];
  let field: number[] = [];
  let state: State = 'record';
  const endField = (): void => {
    fields.push(Uint8Array.from(field));
    field = [];
  };
  const endRecord = (): void => {
    endField();
    records.push(fields);
    fields = [];
    state = 'record';
  };
  for (const byte of bytes) {
    const lineEnd = byte === LF || byte === CR;
    switch (state) {
      case 'record':
        if (lineEnd) break;
        if (byte === quote) state = 'quoted';
        else if (byte === delimiter) {
          endField();
          state = 'field';
        } else {
          field.push(byte);
          state = 'in';
        }
        break;
      case 'field':
      case 'in':
        if (byte === quote && state === 'field') state = 'quoted';
        else if (byte === delimiter) {
          endField();
          state = 'field';
        } else if (lineEnd) endRecord();
        else {
          field.push(byte);
          state = 'in';
        }
        break;
      case 'quoted':
        if (byte === quote) state = 'closed';
        else if (byte === dialect.escape) state = 'escaped';
        else field.push(byte);
        break;
      case 'escaped':
        field.push(byte);
        state = 'quoted';
        break;
      case 'closed':
        if (byte === quote) {
          field.push(byte);
          state = 'quoted';
        } else if (byte === delimiter) {
          endField();
          state = 'field';
        } else if (lineEnd) endRecord();
        else {
          field.push(byte);
          state = 'in';
        }
        break;
    }
  }
  if (state !== 'record') endRecord();
  return records;
}

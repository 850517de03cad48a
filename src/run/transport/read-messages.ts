/** What a frame says, at either end. A worker runs code from payloads, so nothing in a frame is taken on trust. */
import type { Split } from '../../io/split.ts';
import { readIpcSchema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Frame } from './frames.ts';
import { HeaderReader } from './header-reader.ts';
import type { ArrowMessage, CsvSpec, EngineVersion, Failed, FromWorker, InputSpec, ToWorker } from './messages.ts';

/** What a worker's frame says. */
export function readMessage(frame: Frame): FromWorker {
  const header = new HeaderReader(frame.header);
  switch (frame.header.type) {
    case 'hello':
      return {
        type: 'hello',
        protocol: header.number('protocol'),
        pid: header.natural('pid'),
        language: nameAndVersion(header.object('language')),
        engine: nameAndVersion(header.object('engine')),
      };
    case 'unready':
      return { type: 'unready', code: header.text('code'), message: header.text('message') };
    case 'schema':
      return { type: 'schema', job: header.natural('job'), bytes: frame.body };
    case 'result': {
      const kept = header.naturalOrNull('kept');
      const bytes = kept ?? frame.length;
      return {
        type: 'result',
        job: header.natural('job'),
        rows: header.natural('rows'),
        messages: readArrowMessages(header, bytes),
        bytes,
        kept: kept !== null,
        chunks: frame.pieces,
      };
    }
    case 'written':
      return { type: 'written', job: header.natural('job') };
    case 'done': {
      const seconds = header.object('seconds');
      const read = header.object('read');
      const at = header.optional('at');
      return {
        type: 'done',
        job: header.natural('job'),
        rows: header.natural('rows'),
        batches: header.natural('batches'),
        read: {
          rows: read.naturalOrNull('rows'),
          bytes: read.natural('bytes'),
          start: read.natural('start'),
          end: read.natural('end'),
          lines: read.natural('lines'),
        },
        seconds: { open: seconds.number('open'), evaluate: seconds.number('evaluate') },
        at: at === null ? null : { started: at.number('started'), finished: at.number('finished') },
      };
    }
    case 'failed': {
      const udf = header.optional('udf');
      const exception = header.optional('exception');
      const rows = header.optional('rows');
      return {
        type: 'failed',
        job: header.naturalOrNull('job'),
        code: header.text('code'),
        message: header.text('message'),
        column: header.naturalOrNull('column'),
        udf: udf === null ? null : { name: udf.text('name'), family: udf.text('family') },
        rows: rows === null ? null : { first: rows.natural('first'), last: rows.natural('last') },
        exception:
          exception === null
            ? null
            : {
                type: exception.text('type'),
                message: exception.text('message'),
                traceback: exception.text('traceback'),
                place: exception.textOrNull('place'),
              },
        missing: header.texts('missing'),
        schema: readFailureSchema(header, frame.body),
        module: header.textOrNull('module'),
        hint: header.textOrNull('hint'),
      };
    }
    default:
      throw new DfxError('DEFECT', `a worker sent a frame of the unknown type ${JSON.stringify(frame.header.type)}`);
  }
}

function readFailureSchema(header: HeaderReader, body: Uint8Array): Failed['schema'] {
  if (body.length > 0) return readIpcSchema(body).schema;
  if (header.text('code') !== 'COLUMN_MISSING') return null;
  throw new DfxError('DEFECT', "found missing columns without the input's schema");
}

/** The lengths decide where a reader of the output looks for batches: they must cover the chunk. */
function readArrowMessages(header: HeaderReader, length: number): readonly ArrowMessage[] {
  const messages = header.list('messages').map((item) => ({
    kind: item.oneOf('kind', ['batch', 'dictionary']),
    metadata: item.natural('metadata'),
    body: item.natural('body'),
    rows: item.natural('rows'),
  }));
  if (messages.length === 0) return messages;
  const total = messages.reduce((sum, { metadata, body }) => sum + metadata + body, 0);
  return total === length ? messages : header.wrong('messages', `${length} bytes together`);
}

function nameAndVersion(header: HeaderReader): EngineVersion {
  return { name: header.text('name'), version: header.text('version') };
}

/** What the parent's frame asks of a worker. */
export function readRequest(frame: Frame): ToWorker {
  const header = new HeaderReader(frame.header);
  switch (frame.header.type) {
    case 'payload':
      return { type: 'payload', hash: header.text('hash') };
    case 'write':
      return { type: 'write', job: header.natural('job'), offset: header.naturalOrNull('offset') };
    case 'stop':
      return { type: 'stop' };
    case 'job': {
      const input = header.optional('input');
      const filter = header.optional('filter');
      const before = header.optional('before');
      return {
        type: 'job',
        job: header.natural('job'),
        mode: header.oneOf('mode', ['rows', 'value', 'partial', 'merge']),
        columns: header.list('columns').map((item) => ({
          payload: item.text('payload'),
          name: item.text('name'),
          relation: item.textOrNull('relation'),
        })),
        filter: filter === null ? null : { payload: filter.text('payload'), relation: filter.textOrNull('relation') },
        keep: header.texts('keep'),
        input: input === null ? null : readInput(input),
        inBody: header.flag('inBody'),
        split: readSplit(header.object('split')),
        schemaBytes: header.natural('schemaBytes'),
        inlineCode: header.flag('inlineCode'),
        windows: header.flag('windows'),
        reads: header.texts('reads'),
        batchSize: header.natural('batchSize'),
        output: header.oneOf('output', ['arrow', 'csv', 'ndjson']),
        flush: header.flag('flush'),
        delimiter: header.text('delimiter'),
        now: header.text('now'),
        limit: header.naturalOrNull('limit'),
        target: header.textOrNull('target'),
        before: before === null ? null : { rows: before.natural('rows'), lines: before.natural('lines') },
        splitNumber: header.natural('splitNumber'),
        attempt: header.natural('attempt'),
        register: header.textOrNull('register'),
      };
    }
    default:
      throw new DfxError('DEFECT', `found a frame of the unknown type ${JSON.stringify(frame.header.type)}`);
  }
}

function readInput(header: HeaderReader): InputSpec {
  const csv = header.optional('csv');
  return {
    path: header.text('path'),
    format: header.oneOf('format', ['csv', 'arrow', 'parquet', 'ndjson']),
    ...(csv === null ? {} : { csv: readCsv(csv) }),
  };
}

function readCsv(header: HeaderReader): CsvSpec {
  const quote = header.textOrNull('quote');
  const escapeText = header.textOrNull('escape');
  const nullText = header.textOrNull('nullText');
  const maxRecordBytes = header.naturalOrNull('maxRecordBytes');
  return {
    header: header.flag('header'),
    delimiter: header.text('delimiter'),
    ...(quote === null ? {} : { quote }),
    ...(escapeText === null ? {} : { escape: escapeText }),
    ...(nullText === null ? {} : { nullText }),
    ...(maxRecordBytes === null ? {} : { maxRecordBytes }),
  };
}

function readSplit(header: HeaderReader): Split {
  const kind = header.oneOf('kind', ['whole', 'bytes', 'rows']);
  switch (kind) {
    case 'whole':
      return { kind };
    case 'bytes':
      return { kind, start: header.natural('start'), end: header.natural('end'), aligned: header.flag('aligned') };
    case 'rows':
      return {
        kind,
        parts: header.list('parts').map((part) => ({
          batch: part.natural('batch'),
          start: part.natural('start'),
          end: part.natural('end'),
        })),
      };
  }
}

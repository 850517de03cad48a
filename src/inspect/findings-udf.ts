/** What a UDF's definition tells: what the receiver needs, what it reads otherwise, what it would run. */
import { findFunction } from '../expr/functions.ts';
import { disassemble, type PickleReading } from '../wire/pickle/index.ts';
import type { RiskReport, UdfReport, ValueReport, Warning } from './model.ts';
import { isShipped } from './python-modules.ts';
import type { UdfFinding } from './udf-report.ts';
import { bytesText } from './units.ts';
import { warning } from './warnings.ts';

/** A capture of this size is slow to ship with every task; ten times as much is more than most transports take. */
const LARGE = 10 * 1024 * 1024;

export function udfWarnings(finding: UdfFinding, found: Warning[]): void {
  const { report } = finding;
  if (report.transport === 'by-name') return byName(finding, found);
  const { offset } = report;
  const title = titleOf(report);
  const say = (
    code: Parameters<typeof warning>[0],
    message: string,
    at = offset,
    own: Parameters<typeof warning>[3] = {},
  ): void => {
    found.push(warning(code, message, at, own));
  };
  if (report.outerName !== null && report.name !== null && report.outerName !== report.name) {
    say(
      'UDF_NAME_DIFFERS',
      `the call says ${quoted(report.outerName)} and the frame ${quoted(report.name)}; the receiver uses the frame's`,
    );
  }
  const { callFamily } = finding;
  if (report.error === null && callFamily !== null && report.family !== null && callFamily !== report.family) {
    say(
      'FAMILY_MISMATCH',
      `a ${report.family} UDF's frame stands in a call of the ${callFamily} family, whose receiver doesn't take it and looks ${quoted(report.outerName ?? '')} up by name`,
    );
  }
  if (report.volatility !== null && !['immutable', 'stable', 'volatile'].includes(report.volatility)) {
    say('VOLATILITY_UNKNOWN', `the volatility of ${title} is ${quoted(report.volatility)}, which the receiver refuses`);
  }
  if (report.codec !== null) {
    if (report.codec.portable)
      say('CODEC_NEEDED', `the extension codec ${quoted(report.codec.id)} wrote ${title}, and it alone can read it`);
    else
      say(
        'CODEC_NOT_PORTABLE',
        `${title} was written by ${quoted(report.codec.id)}, which no other session can decode`,
      );
  }
  const { framing } = finding.reading ?? { framing: null };
  if (framing?.outcome === 'chain' && framing.blob.length > 0) {
    say(
      'OPAQUE_BYTES',
      `${bytesText(framing.blob.length)} of the codec's own say what ${title} is`,
      framing.blobOffset,
    );
  }
  if (framing?.outcome === 'frame' && framing.language === 'javascript')
    say('JAVASCRIPT_UDF', `${title} is JavaScript`);
  if (framing?.outcome === 'frame' && framing.language === 'python') pythonWarnings(finding, title, say);
  const pickle = finding.reading?.pickle ?? null;
  if (pickle !== null) {
    const trailing = pickle.trailing.end - pickle.trailing.start;
    if (trailing > 0)
      say('TRAILING_BYTES', `${bytesText(trailing)} follow the STOP of ${title}'s pickle`, pickle.trailing.start);
    if (hasEmptyFrame(pickle))
      say('PICKLE_EMPTY_FRAME', `the pickle of ${title} has a frame of length 0`, pickle.offset);
  }
  riskWarnings(report.risks, title, found);
}

type Say = (
  code: Parameters<typeof warning>[0],
  message: string,
  at?: number,
  own?: Parameters<typeof warning>[3],
) => void;

function pythonWarnings({ report }: UdfFinding, title: string, say: Say): void {
  const { callable } = report;
  if (report.python !== null) {
    const what =
      callable === null ? 'is stamped' : callable.kind === 'source' ? 'is source text stamped' : 'is bytecode';
    say('PYTHON_STAMP', `${title} ${what} for Python ${report.python} and nothing else`);
  }
  const needed = new Set<string>();
  for (const { module, name, origin } of report.imports) {
    if (origin === 'builder') continue;
    if (module === '__main__') {
      say(
        'MAIN_BY_REFERENCE',
        `${title} needs __main__.${name}, which the receiver's own main program would have to define`,
      );
    } else if (!isShipped(module)) needed.add(module.split('.')[0] ?? module);
  }
  if (needed.size > 0) say('MODULES_NEEDED', `${title} imports ${[...needed].join(', ')}`);
  if (callable === null) return;
  const values: readonly ValueReport[] = [
    ...callable.captures,
    ...callable.globals,
    ...callable.defaults,
    ...callable.keywordDefaults,
    ...callable.attributes,
    ...callable.nested.flatMap(({ captures, globals, defaults }) => [...captures, ...globals, ...defaults]),
  ];
  for (const { name, type, bytes } of values) {
    if (bytes >= LARGE)
      say(
        'LARGE_CAPTURE',
        `${title} captures ${name} (${type}), ${Math.round(bytes / 1024 / 1024)} MB that travel with every copy of it`,
      );
  }
}

function byName({ report, definition, definitionOffset }: UdfFinding, found: Warning[]): void {
  const title = titleOf(report);
  const builtIn = report.family === null ? undefined : findFunction(report.name ?? '', report.family);
  if (definition !== null && definition.length === 0) {
    found.push(warning('EMPTY_DEFINITION', `${title} has a definition of 0 bytes`, definitionOffset));
  } else if (definition !== null) {
    found.push(
      warning(
        'OPAQUE_BYTES',
        `${title} has a definition of ${bytesText(definition.length)} that isn't datafusion-python's`,
        definitionOffset,
      ),
    );
  }
  if (builtIn !== undefined) {
    found.push(
      warning(
        'UDF_NAME_BUILT_IN',
        `${title} travels by name, and a receiver that has no UDF of this name takes the built-in function in silence`,
        report.offset,
      ),
    );
  } else found.push(warning('UDF_BY_NAME', `${title} travels by name`, report.offset));
}

export function riskWarnings(risks: readonly RiskReport[], title: string, found: Warning[]): void {
  for (const { code, severity, message, offset } of risks) {
    // these two are told as the error and by TRAILING_BYTES
    if (code === 'malformed' || code === 'trailing-bytes') continue;
    if (severity !== 'info') found.push(warning('PICKLE_RISK', `${title}: ${message}`, offset));
  }
}

function titleOf({ family, name }: UdfReport): string {
  return `the ${family ?? 'inline'} UDF${name === null ? '' : ` ${quoted(name)}`}`;
}

function quoted(text: string): string {
  return `"${text}"`;
}

/** FRAME and eight zeros, looked for as bytes first: opcodes are only gone through where they might be there. */
export function hasEmptyFrame(pickle: PickleReading): boolean {
  const { bytes } = pickle;
  let candidate = false;
  for (let at = bytes.indexOf(0x95); at !== -1 && !candidate; at = bytes.indexOf(0x95, at + 1)) {
    candidate = at + 9 <= bytes.length && bytes.subarray(at + 1, at + 9).every((byte) => byte === 0);
  }
  if (!candidate) return false;
  for (const line of disassemble(bytes, { reading: pickle })) {
    if (
      line.kind === 'op' &&
      line.opcode.name === 'FRAME' &&
      line.argument?.kind === 'int' &&
      line.argument.value === 0
    )
      return true;
  }
  return false;
}

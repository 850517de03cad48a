/** The one table of what `inspect` warns about. Codes are stable: scripts match on them. */
import type { Warning } from './model.ts';

/** `warning`: the receiver will refuse it, or compute something else than the sender meant; `note`: worth knowing. */
export type WarningSeverity = 'warning' | 'note';

type Row = readonly [severity: WarningSeverity, hint: string | null];

const TABLE = {
  // what receivers refuse
  RECURSION_LIMIT: [
    'warning',
    'split the expression, or evaluate parts of it into columns first: the limit is built into the receiver',
  ],
  OPERATOR_UNREADABLE: ['warning', 'write the expression with a function in place of the operator'],
  NODE_UNREADABLE: ['warning', 'compare the DataFusion versions of sender and receiver'],
  RETIRED_FIELD: ['warning', 'the sender is older than DataFusion 54; upgrade it, or let both sides run one version'],
  NEWER_THAN_54: ['warning', 'upgrade the receiver to DataFusion 55, or send from 54'],
  ALIAS_NESTING: ['warning', 'keep the outermost alias only'],
  FAMILY_MISMATCH: ['warning', 'make the frame with the UDF factory of the family that the call needs'],
  VOLATILITY_UNKNOWN: ['warning', 'write immutable, stable or volatile'],

  // what receivers read as something else
  UDF_NAME_DIFFERS: [
    'warning',
    'the strict refusal quotes the outer name: trust neither before you have read the code',
  ],
  UDF_NAME_BUILT_IN: ['warning', 'give the UDF a name that no built-in function has'],
  METADATA_DROPPED: ['warning', 'send the metadata beside the payload'],
  ODD_ENCODING: ['note', 'receivers accept it, but write other bytes for the same expression'],
  UNKNOWN_FIELD: ['warning', 'receivers skip it in silence; compare the DataFusion versions of sender and receiver'],
  AMBIGUOUS_ENCODING: ['warning', 'settle it with --encoding'],
  AMBIGUOUS_CONTAINER: ['note', 'protobuf carries no type; settle it with --as'],
  TRAILING_BYTES: ['warning', 'receivers ignore them; compare the length with what the sender wrote'],
  PICKLE_EMPTY_FRAME: ['note', 'no pickler writes it; look at --pickle'],
  EMPTY_DEFINITION: ['warning', 'the receiver looks the UDF up by its name'],

  // what receivers need
  UDF_BY_NAME: ['note', 'register a UDF of this name on the receiver before it decodes the payload'],
  PYTHON_STAMP: ['note', 'other Python versions refuse the frame'],
  JAVASCRIPT_UDF: ['note', 'only dfx runs it: the DataFusion packages know no JavaScript'],
  MODULES_NEEDED: ['note', 'install them on the receiver'],
  MAIN_BY_REFERENCE: ['warning', 'define it where cloudpickle sends it by value, or in a module that both sides have'],
  CODEC_NEEDED: ['note', 'install the codec on the receiver'],
  CODEC_NOT_PORTABLE: ['warning', 'give the codec a stable id on both sides and encode again'],
  OPAQUE_BYTES: ['note', 'only the codec that wrote them can say what they are'],
  LARGE_CAPTURE: ['warning', 'put the data where the receiver can load it, and capture its place'],

  // what runs when it is loaded
  PICKLE_REBUILT: [
    'warning',
    'have it pickled with pickle.dumps, or take it out: dfx decode payload.pkl | dfx encode --format expr',
  ],
  PICKLE_WITHOUT_EXPRESSION: ['warning', 'it is no payload of DataFusion; look at --pickle for what it is'],
  PICKLE_FOREIGN: ['warning', 'do not load it with pickle.loads; dfx run refuses it'],
  PICKLE_RISK: ['warning', 'look at --pickle before you let anything load it'],
  HIDDEN_FRAME: ['warning', 'look at --hex: no reader expects code there'],
} as const satisfies Record<string, Row>;

export type WarningCode = keyof typeof TABLE;

export const WARNING_CODES: readonly WarningCode[] = Object.keys(TABLE) as WarningCode[];

export function warning(
  code: WarningCode,
  message: string,
  offset: number | null,
  own: { readonly hint?: string | null; readonly severity?: WarningSeverity } = {},
): Warning {
  const [severity, hint] = TABLE[code];
  return {
    code,
    severity: own.severity ?? severity,
    message,
    offset,
    hint: own.hint === undefined ? hint : own.hint,
  };
}

/** Everything that `inspect` warns about, in the order of the bytes. */
import type { Payload } from '../expr/payload.ts';
import type { Candidate } from '../wire/detect.ts';
import { expressionFindings } from './findings-expression.ts';
import { protobufFindings } from './findings-protobuf.ts';
import { hasEmptyFrame, riskWarnings, udfWarnings } from './findings-udf.ts';
import type { Warning } from './model.ts';
import { placesOf } from './places.ts';
import { riskReports, type UdfFinding } from './udf-report.ts';
import { bytesText } from './units.ts';
import { warning } from './warnings.ts';

export interface Findings {
  readonly payload: Payload;
  readonly udfs: readonly UdfFinding[];
  readonly alternatives: readonly Candidate[];
  /** The user said which container it is. */
  readonly chosen: boolean;
  /** The user said which encoding it has. */
  readonly settled: boolean;
}

export function payloadWarnings({ payload, udfs, alternatives, chosen, settled }: Findings): readonly Warning[] {
  const found: Warning[] = [];
  const [other] = payload.otherEncodings;
  if (other !== undefined && !settled) {
    const forms = payload.otherEncodings.join(' and ');
    found.push(
      warning(
        'AMBIGUOUS_ENCODING',
        `the bytes are taken as ${payload.encoding}, and are a valid payload as ${forms} too`,
        0,
        { hint: `settle it with --encoding ${payload.encoding} or --encoding ${other}` },
      ),
    );
  }
  if (!chosen) {
    const equal = alternatives.filter(({ faults }) => faults === 0).map(({ container }) => container);
    if (equal.length > 0)
      found.push(
        warning(
          'AMBIGUOUS_CONTAINER',
          `the bytes are read as ${payload.container}, and are a faultless ${equal.join(' and ')} too`,
          0,
        ),
      );
  }
  if (payload.container === 'pickle') pickleFindings(payload, found);
  for (const { tape } of placesOf(payload)) protobufFindings(tape, udfs, found);
  for (const each of payload.exprs) expressionFindings(each, found);
  for (const udf of udfs) udfWarnings(udf, found);
  return found.sort((a, b) => (a.offset ?? -1) - (b.offset ?? -1));
}

/** The report lists every part; the warning names the first few. */
const SHOWN_FOREIGN = 3;

function pickleFindings(payload: Extract<Payload, { container: 'pickle' }>, found: Warning[]): void {
  const { pickle, foreign } = payload;
  const rebuilt = payload.exprs.find((each) => each.rebuilt);
  if (rebuilt !== undefined) {
    const what = "cloudpickle sent Expr._reconstruct along: loading the pickle runs the sender's own code";
    found.push(warning('PICKLE_REBUILT', what, rebuilt.span.start));
  }
  if (payload.exprs.length === 0 && pickle.error === null) {
    found.push(warning('PICKLE_WITHOUT_EXPRESSION', 'the pickle holds no expression', pickle.offset));
  }
  const [first] = foreign;
  if (first !== undefined) {
    const shown = foreign.slice(0, SHOWN_FOREIGN).map(({ what }) => what);
    const more = foreign.length > SHOWN_FOREIGN ? ` and ${foreign.length - SHOWN_FOREIGN} more` : '';
    found.push(
      warning('PICKLE_FOREIGN', `the pickle holds ${shown.join(', ')}${more} beside its expressions`, first.offset),
    );
  }
  const trailing = pickle.trailing.end - pickle.trailing.start;
  if (trailing > 0) {
    found.push(warning('TRAILING_BYTES', `${bytesText(trailing)} follow the pickle's STOP`, pickle.trailing.start));
  }
  if (hasEmptyFrame(pickle))
    found.push(warning('PICKLE_EMPTY_FRAME', 'the pickle has a frame of length 0', pickle.offset));
  if (foreign.length > 0) riskWarnings(riskReports(pickle), 'the pickle', found);
}

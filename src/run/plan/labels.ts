/** Labels name the columns and values of a result: no two may be alike. */
import { DfxError } from '../../wire/errors.ts';

export function refuseTwins(operands: readonly { readonly label: string; readonly path: string }[]): void {
  const seen = new Map<string, string>();
  for (const { label, path } of operands) {
    const other = seen.get(label);
    if (other !== undefined) {
      throw new DfxError('USAGE', `${other} and ${path} have the same label ${JSON.stringify(label)}`, {
        hint: `name one of them: other=${path}`,
      });
    }
    seen.set(label, path);
  }
}

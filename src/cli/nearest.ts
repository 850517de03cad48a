/** The known name that a mistyped one is likely to stand for. */

/**
 * The nearest of `known`, or null where none is near: at most two edits, and fewer than half of the letters. An edit is a letter
 * added, left out, changed, or swapped with its neighbour (optimal string alignment).
 */
export function nearestName(typed: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = Math.min(3, typed.replace(/^-+/, '').length / 2 + 0.5);
  for (const name of known) {
    if (Math.abs(name.length - typed.length) >= fewest) continue;
    const edits = editsBetween(typed, name);
    if (edits < fewest) {
      best = name;
      fewest = edits;
    }
  }
  return best;
}

function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      }
      row.push(edits);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

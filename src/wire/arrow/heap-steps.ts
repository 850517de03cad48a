/**
 * Recursive descent without the call stack. A step is a generator that yields the steps it wants done first and receives
 * their results; the pending ones wait in an array, so that depth costs heap and is bounded by `maxDepth` alone.
 */
export type Step<T> = Generator<Step<T>, T, T>;

/** Runs `root` to its end. `tooDeep` builds the error for a step that would be the `maxDepth + 1`st pending one. */
export function runSteps<T>(root: Step<T>, maxDepth: number, tooDeep: () => Error): T {
  const pending: Step<T>[] = [];
  let current = root;
  let turn = current.next();
  for (;;) {
    if (turn.done !== true) {
      if (pending.length >= maxDepth) throw tooDeep();
      pending.push(current);
      current = turn.value;
      turn = current.next();
      continue;
    }
    const parent = pending.pop();
    if (parent === undefined) return turn.value;
    current = parent;
    turn = current.next(turn.value);
  }
}

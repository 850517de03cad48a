/** Milliseconds since the process started. `performance` would load a dozen modules of Node's for it. */
export function milliseconds(): number {
  return process.uptime() * 1000;
}

/** Seconds of the clock that all processes of the machine share (CLOCK_MONOTONIC): Python's `perf_counter` counts the same. */
export function sharedSeconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds + nanoseconds / 1e9;
}

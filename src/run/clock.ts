/** Milliseconds since the process started. `performance` would load a dozen modules of Node's for it. */
export function milliseconds(): number {
  return process.uptime() * 1000;
}

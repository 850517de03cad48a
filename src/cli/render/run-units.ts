/** Counts, bytes and times as people read them. */

import { grouped } from '../../inspect/units.ts';

const SIZES = ['', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `312 bytes`, `1.2 kB`, `166 MB`: powers of ten, as disks and networks are sold. */
export function byteText(bytes: number): string {
  let value = bytes;
  let at = 0;
  while (value >= 999.5 && at < SIZES.length - 1) {
    value /= 1000;
    at++;
  }
  return at === 0 ? plural(Math.round(bytes), 'byte') : `${shortNumber(value)} ${SIZES[at]}`;
}

/** `12`, `5,310`, `1.2 M`, `50 M`. */
export function countText(count: number): string {
  if (count < 99_999.5) return grouped(Math.round(count));
  return count < 999_500
    ? `${Math.round(count / 1000)} k`
    : count < 999.5e6
      ? `${shortNumber(count / 1e6)} M`
      : `${shortNumber(count / 1e9)} G`;
}

/** `85 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`. */
export function timeText(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 99.5) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The embedded engine has dfx's own version. */
export function engineText({ name, version }: { readonly name: string; readonly version: string }): string {
  return name === 'embedded' ? name : `${name} ${version}`;
}

/** Three digits at most. */
function shortNumber(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

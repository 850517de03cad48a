/** Numbers as people read them. */

/** `1,282`: by hand, since locales take milliseconds to load. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1,282 bytes` */
export function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${grouped(count)} bytes`;
}

/** Names, as the engine reads them: lower case unless quoted. */
import type { Ident } from './syntax.ts';

/** ASCII only, as Rust's `to_ascii_lowercase`: `Ä` stays. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function normalize(ident: Ident): string {
  return ident.quote === '' ? lowerCase(ident.text) : ident.text;
}

/** Random regular expressions, and calls that use them as SQL. */
import type { Random } from '../random-sql.ts';
import { quoted } from './text-source.ts';

const ATOMS = [
  'a', 'b', 'A', 'k', 's', 'é', 'ß', 'σ', '.', '.', '\\d', '\\w', '\\s', '\\D', '\\W', '\\S', '[ab]', '[^ab]', '[a-z]', '[^a-zA-Z0-9]',
  '[\\w-]', '[]a]', '[a-]', '[-a]', '[[:alpha:]]', '[[:^space:]b]', '[é-ü]', '\\p{Lu}', '\\pL', '\\P{L}', '[\\p{Lu}\\d]', '[^\\W_]',
  'foo', 'o', 'ab', '日', '😀', '\\.', '\\$', '\\x41', '\\x{e9}', '\\n', '\\t', '%', '_', '\\-', ' ', '\\b', '\\B', '^', '$', '\\A', '\\z', '\\\\', "'",
  '(?i)k', '(?i:É)', '(?s:.)', '(?m:^)', '(?m:$)', '(?U:a*)', '[K-L]', '[ſ]', '()', 'b{2}', 'x{0}', '[Σ]', '[[:upper:]]',
]; // biome-ignore format: a table of atoms

export function randomRegex(random: Random, depth = 2): string {
  const branches = random.below(5) === 0 ? 2 + random.below(3) : 1;
  return Array.from({ length: branches }, () => sequence(random, depth)).join('|');
}

function sequence(random: Random, depth: number): string {
  return Array.from({ length: random.pick([0, 1, 1, 2, 2, 3]) }, () => item(random, depth)).join('');
}

function item(random: Random, depth: number): string {
  let text: string;
  if (depth > 0 && random.below(3) === 0) {
    const open = random.pick(['(', '(', '(?:', '(?P<n>', '(?<m>', '(?i:', '(?s:']);
    text = `${open}${randomRegex(random, depth - 1)})`;
  } else {
    text = random.pick(ATOMS);
  }
  if (random.below(3) === 0)
    text += random.pick(['*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{1,}', '{0,2}?', '**', '{2}{2}']);
  return text;
}

const PLAIN = [
  'foo', '^foo', 'foo$', '^foo$', '.*', '', '^', '$', '^$', '^(a|b)$', '^(ab)$', 'a|b|ab', '^a|b$', 'a\\\\b', '\\\\', '%', 'a_b', '^%$', '(?i)foo',
  'b|(?i)k', '(?i)a|b', 'a(?i)b|B', '[\\\\]', 'é', '^é', 'k', '^k$', 's|ß', '.*$', '^.*', '.+', '(a)(b)?', '(a+)+$', '(?:a|ab)(?:c|bcd)?', '(\\w)(\\w)',
  '\\bfoo\\b', '^(.)(.*)$', '(?m)^.', '(a)|(b)', 'a{1000}', '\\w{100}', '(', '[', 'a{', '*', '(?=a)', '\\1', '(?P<x>a)(?P<x>b)', '\\p{Foo}', '(?x) a',
  '[a&&b]', '(?-u)a', '\\bΣ', 'ΑΣ', '(?i)ας', '(?i)ﬁ', '(?i)ǆ', '(?i)ŉ', '(?i)\u0345', '(?i)ΐ', '(?i)ẞ', '(?i)𐐀', '(?i)İ', '(?i)ı',
]; // biome-ignore format: a table of patterns

/** P a pattern, V a value, F flags, R a replacement, N a number. */
const FORMS = [
  'V ~ P', 'V ~ P', 'V ~* P', 'V !~ P', 'V !~* P', 'V SIMILAR TO P', 'V NOT SIMILAR TO P', 'regexp_like(V, P)', 'regexp_like(V, P, F)',
  'regexp_count(V, P)', 'regexp_count(V, P, N)', 'regexp_count(V, P, N, F)', 'regexp_instr(V, P)', 'regexp_instr(V, P, N)', 'regexp_instr(V, P, N, N)',
  'regexp_instr(V, P, 1, N, F)', 'regexp_instr(V, P, 1, 1, F, N)', 'regexp_match(V, P)', 'regexp_match(V, P)', 'regexp_match(V, P, F)',
  'regexp_replace(V, P, R)', 'regexp_replace(V, P, R)', 'regexp_replace(V, P, R, F)', "regexp_replace(V, P, R, 'g')",
]; // biome-ignore format: a table of calls

// biome-ignore lint/suspicious/noTemplateCurlyInString: the engine's way to name a group
const REPLACEMENTS = ['', 'x', '<\\1>', '<\\\\2>', '$0', '[$0]', '${1}', '\\1', '$1a', '${1}a', '$$', '$', 'a$', '${n}', '$n$m', '${9}', '\\0', 'é$1', '${1']; // biome-ignore format: a table

export class RegexSource {
  constructor(
    private readonly random: Random,
    private readonly columns: readonly string[],
  ) {}

  pattern(): string {
    const { random } = this;
    const text = random.below(4) === 0 ? random.pick(PLAIN) : randomRegex(random);
    if (random.below(30) === 0) return random.pick(['NULL', 'CAST(NULL AS VARCHAR)', 't']);
    return quoted(random.below(25) === 0 ? `^${text}(.)\\w?.*$` : text);
  }

  call(): string {
    const { random } = this;
    const form = random.pick(FORMS);
    return form.replace(/\b[PVFRN]\b/g, (letter) => {
      if (letter === 'P') return this.pattern();
      if (letter === 'V')
        return random.below(15) === 0 ? random.pick(["'foo bar'", 'NULL', "'aé'"]) : random.pick(this.columns);
      if (letter === 'F') return random.pick(["'i'", "''", "'s'", "'im'", "'g'", "'gi'", "'U'", 'NULL', "'x'", "'is'"]);
      if (letter === 'R') return quoted(random.pick(REPLACEMENTS));
      return random.pick(['1', '1', '2', '3', 'p', '0', 'n', 'NULL']);
    });
  }
}

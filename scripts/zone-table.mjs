// Makes src/io/zone-table.ts, the time zones as DataFusion 55 knows them (chrono-tz 0.10.4, tz database 2025b).
//   node scripts/zone-table.mjs PATH_TO/chrono-tz-0.10.4/src/prebuilt/timezones.rs
// Each line of the table is: names, offsets in seconds, which offset holds in each span, seconds between the transitions (the
// first counts from 1970). It is deflated and written in base64: 597 names in some 40 KB.
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('give the path of timezones.rs');
const source = readFileSync(path, 'utf8');
const names = new Map([...source.matchAll(/\("([^"]+)", Tz::(\w+)\)/g)].map(([, name, id]) => [id, name]));
const body = source.slice(source.indexOf('fn timespans(&self)'));
const groups = new Map();
for (const [, id, text] of body.matchAll(/Tz::(\w+) => \{(.*?)\n {12}\}/gs)) {
  const first = /first: FixedTimespan \{\s*utc_offset: (-?\d+),\s*dst_offset: (-?\d+),/.exec(text);
  const offsets = [];
  const spans = [];
  const steps = [];
  const add = (offset) => {
    if (!offsets.includes(offset)) offsets.push(offset);
    spans.push(offsets.indexOf(offset));
  };
  add(Number(first[1]) + Number(first[2]));
  let before = 0;
  for (const [, at, utc, dst] of text.matchAll(
    /\((-?\d+), FixedTimespan \{ utc_offset: (-?\d+), dst_offset: (-?\d+),/g,
  )) {
    add(Number(utc) + Number(dst));
    steps.push(Number(at) - before);
    before = Number(at);
  }
  const key = [offsets.join(','), spans.join(','), steps.join(',')].join('\t');
  groups.set(key, [...(groups.get(key) ?? []), names.get(id)]);
}
const table = [...groups].map(([key, zones]) => `${zones.join(',')}\t${key}`).join('\n');
const count = [...groups.values()].reduce((sum, zones) => sum + zones.length, 0);
if (count !== names.size) throw new Error(`${count} zones where ${names.size} have names`);
const lines = deflateRawSync(table, { level: 9 })
  .toString('base64')
  .match(/.{1,116}/g);
writeFileSync(
  new URL('../src/io/zone-table.ts', import.meta.url),
  `/** Made by scripts/zone-table.mjs from chrono-tz 0.10.4 (tz database 2025b): its layout is described there. */\nexport const ZONE_TABLE = \`\n${lines.join('\n')}\n\`;\n`,
);

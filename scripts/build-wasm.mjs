// Compiles what lies in src/io/wasm in AssemblyScript and writes it as base64 to the modules beside it, which are committed: sources run
// without a build. `--check` writes nothing and fails where a file isn't what the sources give.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Folder of the sources, and the file and the name of what they give. */
const MODULES = [
  { folder: 'kernel', file: 'module.ts', name: 'KERNEL' },
  { folder: 'integers', file: 'integers-module.ts', name: 'INTEGERS' },
];
const SMALLEST = -342;
const GREATEST = 324;
const ONE = 1n;
const LOW = 0xffffffffffffffffn;

/**
 * The 128 leading bits of 10^exponent as Lemire's number parsing has them: cut off, but rounded up from 10^-27 to 10^-1. Where they are cut
 * off and not exact, adding one to the low word rounds up (kernel/shortest.ts): no low word is all ones.
 */
function power(exponent) {
  if (exponent >= 0) {
    const five = 5n ** BigInt(exponent);
    const length = BigInt(five.toString(2).length);
    return length <= 128n ? five << (128n - length) : five >> (length - 128n);
  }
  const five = 5n ** BigInt(-exponent);
  const length = BigInt(five.toString(2).length);
  // 2^(length + 127) / 5^n lies between 2^127 and 2^128.
  return (ONE << (length + 127n)) / five + (exponent >= -27 ? ONE : 0n);
}

/** kernel/powers: tables that are numbers only. */
function powersSource() {
  const words = [];
  for (let exponent = SMALLEST; exponent <= GREATEST; exponent++) {
    const bits = power(exponent);
    if ((bits & LOW) === LOW) throw new Error(`10^${exponent} ends in ones`);
    words.push(bits >> 64n, bits & LOW);
  }
  const hex = (word) => `0x${word.toString(16)}`;
  const tens = Array.from({ length: 20 }, (_, exponent) => hex(10n ** BigInt(exponent)));
  const view = new DataView(new ArrayBuffer(8));
  for (let exponent = 0; exponent <= 22; exponent++) {
    view.setFloat64(0, Number(`1e${exponent}`));
    tens.push(hex(view.getBigUint64(0)));
  }
  return [
    `export const SMALLEST_POWER: i32 = ${SMALLEST};`,
    `export const POWERS = memory.data<u64>([${words.map(hex)}], 16);`,
    `export const TENS = memory.data<u64>([${tens}], 16);`,
  ].join('\n');
}

/** The compiled folder; null where it has errors, which are told. */
async function compiled(folder) {
  const written = new Map();
  const messages = [];
  const { error } = await asc.main(
    [
      `src/io/wasm/${folder}/index.ts`,
      '--outFile=module.wasm',
      '--baseDir=.',
      '-O3',
      '--noAssert',
      '--enable=simd',
      '--runtime=stub',
      '--importMemory',
      '--noExportMemory',
      '--use=abort=',
      '--memoryBase=1024',
      ...(process.argv.includes('--text') ? ['--textFile=module.wat'] : []),
    ],
    {
      readFile(name, base) {
        if (name.endsWith('kernel/powers.ts')) return powersSource();
        try {
          return readFileSync(join(root, base, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (name, data) => written.set(name, data),
      listFiles: () => [],
      stderr: { write: (text) => messages.push(text) },
    },
  );
  const binary = written.get('module.wasm');
  if (error !== null || binary === undefined) {
    process.stderr.write(`${messages.join('')}${error?.message ?? 'nothing was compiled'}\n`);
    return null;
  }
  if (written.has('module.wat')) process.stdout.write(written.get('module.wat'));
  return binary;
}

for (const { folder, file, name } of MODULES) {
  const binary = await compiled(folder);
  if (binary === null) process.exit(1);
  const base64 = Buffer.from(binary).toString('base64');
  const lines = base64.match(/.{1,116}/g) ?? [];
  const text = `// Made by scripts/build-wasm.mjs from src/io/wasm/${folder}: don't edit.
export const ${name} =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`;
  const target = join(root, 'src/io/wasm', file);
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      process.stderr.write(
        `src/io/wasm/${file} is not what src/io/wasm/${folder} gives: run node scripts/build-wasm.mjs\n`,
      );
      process.exit(1);
    }
  } else if (!process.argv.includes('--text')) {
    writeFileSync(target, text);
  }
}

// Builds a program as two files: what most runs need, and beside it, in NAME.late.cjs, what few of them do. Reading and setting up code
// that isn't used takes as much of a start as all that dfx does in it.
//
// A gate is a module that the program reaches only through functions, called when they are needed: the first call loads the second file.
// What both need is in the first one, which hands it over, so that there is one of each.
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

const BANNER =
  "let dfxHanding,dfxLoaded;const dfxLate=()=>dfxLoaded??=require('./start.cjs').startFile(__filename.replace(/cjs$/,'late.cjs'),dfxHanding);";
const LATE_BANNER = 'const dfxHanded=module.handed;';

const lateFile = (outfile) => outfile.replace(/cjs$/, 'late.cjs');

/**
 * `options`: esbuild's, with one entry point and an outfile that ends with .cjs. `gates`: module -> what it exports: functions, and
 * `OBJECT.method` for objects that have nothing else. Gives the metafiles of both files.
 */
export async function buildInTwo(options, gates) {
  const { entryPoints, outfile, plugins, banner } = options;
  const own = { ...options, banner: { js: banner.js + BANNER }, plugins: [gatesAsCalls(gates), ...plugins] };
  const all = Object.keys((await build({ ...own, write: false })).metafile.inputs);
  const modules = all.filter((path) => /^[^:]+\.ts$/.test(path));
  const beside = Object.keys(gates).filter((path) => modules.includes(path) || !all.includes(`gate:${path}`));
  if (beside.length > 0) throw new Error(`${outfile}: not reached through their gates: ${beside.join(', ')}`);

  const handed = [];
  const late = await build({
    ...options,
    entryPoints: undefined,
    stdin: {
      contents: Object.keys(gates)
        .map((path, at) => `let m${at}; export const g${at} = () => (m${at} ??= require('./${path}'));`)
        .join('\n'),
      resolveDir: process.cwd(),
    },
    outfile: lateFile(outfile),
    banner: { js: banner.js + LATE_BANNER },
    plugins: [takingHanded(await exportsOf(modules), handed), ...plugins],
  });
  const used = [...readFileSync(lateFile(outfile), 'latin1').matchAll(/\bdfxHanded\((\d+)\)/g)].map(([, at]) => +at);
  const first = await build({ ...own, plugins: [handing(entryPoints[0], handed, used), ...own.plugins] });
  const twice = Object.keys(late.metafile.inputs).filter((path) => all.includes(path) && /node_modules/.test(path));
  if (twice.length > 0) throw new Error(`${outfile}: packages in both files: ${twice.join(', ')}`);
  return [first.metafile, late.metafile];
}

/** The module that an import of a source means, as esbuild's metafile names it. */
function moduleOf({ path, resolveDir }) {
  return relative(process.cwd(), resolve(resolveDir, path)).replaceAll('\\', '/');
}

const RELATIVE = /^\.\.?\//;

function gatesAsCalls(gates) {
  const places = Object.keys(gates);
  return {
    name: 'gates-as-calls',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: RELATIVE }, (args) =>
        moduleOf(args) in gates ? { path: moduleOf(args), namespace: 'gate' } : undefined,
      );
      onLoad({ filter: /./, namespace: 'gate' }, ({ path }) => ({
        contents: callsOf(`dfxLate().g${places.indexOf(path)}()`, gates[path]),
      }));
    },
  };
}

function callsOf(module, names) {
  const methods = new Map();
  const lines = names.map((name) => {
    const [object, method] = name.split('.');
    if (method === undefined) return `export function ${name}(...args) { return ${module}.${name}(...args); }`;
    methods.set(object, `${methods.get(object) ?? ''}${method}: (...args) => ${module}.${name}(...args), `);
    return '';
  });
  for (const [object, text] of methods) lines.push(`export const ${object} = { ${text}};`);
  return lines.join('\n');
}

/** In the late file, modules of the first one are what it hands over: `handed` gets module and name, by number. */
function takingHanded(exported, handed) {
  return {
    name: 'taking-handed',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: RELATIVE }, (args) =>
        exported.has(moduleOf(args)) ? { path: moduleOf(args), namespace: 'handed' } : undefined,
      );
      onLoad({ filter: /./, namespace: 'handed' }, ({ path }) => ({
        // pure: names that nobody uses are left out
        contents: exported
          .get(path)
          .map((name) => `export const ${name} = /* @__PURE__ */ dfxHanded(${handed.push({ path, name }) - 1});`)
          .join('\n'),
      }));
    },
  };
}

/** Before the entry's own code, and behind all that it imports: the function that hands over. */
function handing(entry, handed, used) {
  return {
    name: 'handing',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^dfx:handing$/ }, ({ path }) => ({ path, namespace: 'handing' }));
      onLoad(
        { filter: new RegExp(`[\\\\/]${entry.replaceAll('/', '[\\\\/]').replaceAll('.', '\\.')}$`) },
        ({ path }) => ({
          contents: `${readFileSync(path, 'utf8')}\nimport 'dfx:handing';\n`,
          loader: 'ts',
        }),
      );
      onLoad({ filter: /./, namespace: 'handing' }, () => ({
        contents: `${used.map((at) => `import { ${handed[at].name} as h${at} } from './${handed[at].path}';`).join('\n')}
          dfxHanding = (at) => { switch (at) { ${used.map((at) => `case ${at}: return h${at};`).join(' ')} } };`,
        resolveDir: process.cwd(),
      }));
    },
  };
}

/** Module -> the names that it exports, without types. */
async function exportsOf(modules) {
  const { metafile, outputFiles } = await build({
    entryPoints: modules,
    outdir: 'dist',
    outbase: '.',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const found = new Map();
  const stars = new Map();
  Object.values(metafile.outputs).forEach(({ entryPoint, exports }, at) => {
    found.set(entryPoint, exports);
    const [dir, { text }] = [resolve(entryPoint, '..'), outputFiles[at]];
    const from = [...text.matchAll(/^export \* from "(.+)";$/gm)].map(([, path]) =>
      moduleOf({ path, resolveDir: dir }),
    );
    stars.set(entryPoint, from);
  });
  const all = (path) => [...new Set([...found.get(path), ...(stars.get(path) ?? []).flatMap(all)])];
  return new Map(modules.map((path) => [path, all(path)]));
}

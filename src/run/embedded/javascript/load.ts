/**
 * The source of a JavaScript UDF, made into what its entry names. Runs code from a payload: only a worker that may open inline frames comes here.
 *
 * The source runs in a context of its own, with the captured values and `console` (to standard error) as globals and nothing of Node. That
 * keeps sources portable and their globals apart. It is no sandbox: code that means to get out of such a context does.
 */
import { Console } from 'node:console';
import { createContext, Script } from 'node:vm';
import { DfxError } from '../../../wire/errors.ts';
import type { JsUdf } from '../../../wire/js-udf.ts';
import { isJsMap, type JsValue } from '../../../wire/js-value.ts';
import { guarded, sourceName, type UdfIdentity } from './raised.ts';

/** What the UDF defines under its entry: a function or a class. */
export type Entry = (...args: readonly unknown[]) => unknown;

/** The entry is looked up by running it as a script of its own, so it must be a name and nothing else. */
export function loadEntry(udf: JsUdf): Entry {
  const identity: UdfIdentity = { name: udf.name, family: udf.family };
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(udf.entry)) {
    throw new DfxError(
      'UNSUPPORTED',
      `the entry of the UDF ${JSON.stringify(udf.name)} is ${JSON.stringify(udf.entry)}, expected a name`,
    );
  }
  return guarded(identity, null, () => {
    const globals: object = Object.create(null);
    define(globals, 'console', new Console(process.stderr, process.stderr));
    for (const [name, value] of udf.captures) define(globals, name, plain(value));
    const context = createContext(globals, { name: sourceName(identity) });
    new Script(udf.source, { filename: sourceName(identity) }).runInContext(context);
    const entry: unknown = new Script(udf.entry, { filename: sourceName(identity) }).runInContext(context);
    if (typeof entry !== 'function') {
      throw new TypeError(
        `${udf.entry} is ${entry === null ? 'null' : `of type ${typeof entry}`}, expected a function or class`,
      );
    }
    return entry as Entry;
  });
}

/** Names come from the payload: defined, never assigned, so that `__proto__` is a name like any other. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
}

/** A captured value as the source sees it: lists are arrays, maps are `Map`s. */
function plain(value: JsValue): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (isJsMap(value)) return new Map(value.pairs.map(([key, item]) => [key, plain(item)]));
  return value.map(plain);
}

/** What a class or function makes: `new` works on both, except on arrow functions and methods, which are called. */
export function instantiate(entry: Entry): unknown {
  return Object.hasOwn(entry, 'prototype') ? Reflect.construct(entry, []) : entry();
}

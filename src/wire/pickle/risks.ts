import {
  indexStates,
  makerOf,
  readClass,
  readFunction,
  type StateIndex,
  travellingGlobals,
} from './cloudpickle-shapes.ts';
import { readCodeObject } from './code-object.ts';
import {
  dangerIn,
  ESCAPE_ATTRIBUTES,
  isDangerousModule,
  isNotableModuleOnly,
  isNotableName,
} from './known-callables.ts';
import type { PickleCall } from './machine.ts';
import { argumentsOf, cloudpickleName, cutName, displayName, dotted, nameOf, textOf } from './names.ts';
import { nestedPickles } from './nested-pickles.ts';
import type { PickleReading } from './read.ts';
import { type PickleRisk, RiskList } from './risk-list.ts';
import { CLOUDPICKLE_MAKERS, isExpectedCall, KEEPS_ARGUMENTS, LOAD_HOOK, MAX_NESTED } from './risk-tables.ts';
import { SharingBudget } from './sharing.ts';
import { readSourceUdf } from './source-udf-read.ts';
import { type CallValue, eachValue, type PickleValue } from './value.ts';

/**
 * What in a pickle reaches outside, by looking alone. The machinery of cloudpickle and what plain data is rebuilt by are
 * expected: a harmless UDF has no finding. What is broken or can't be told is a finding too, so silence means something.
 */
export function findRisks(reading: PickleReading): readonly PickleRisk[] {
  const risks: PickleRisk[] = [];
  let level: readonly PickleReading[] = [reading];
  for (let depth = 0; depth <= MAX_NESTED && level.length > 0; depth++) {
    const inner: PickleReading[] = [];
    for (const each of level) {
      const scan = new RiskScan(each, depth > 0);
      scan.run();
      if (depth > 0 && scan.list.risks.length > 0) {
        const about = `bytes inside the pickle are a pickle of their own`;
        risks.push({
          code: 'nested-pickle',
          severity: 'warning',
          onLoad: false,
          what: 'pickle',
          message: about,
          offset: each.offset,
        });
      }
      for (const risk of scan.list.risks) risks.push(risk);
      for (const found of nestedPickles(each)) inner.push(found);
    }
    level = inner;
  }
  return risks.sort((a, b) => a.offset - b.offset);
}

type Made =
  | { readonly kind: 'function' }
  | { readonly kind: 'class'; readonly name: string; readonly hooks: readonly string[] };

class RiskScan {
  readonly list: RiskList;
  private readonly reading: PickleReading;
  private readonly isNested: boolean;
  private readonly states: StateIndex;
  private readonly called = new Set<PickleValue>();
  /** Arguments whose dangerous parts are told: one tuple may be given to many calls. */
  private readonly passedOn = new Set<PickleValue>();
  private readonly made = new Map<PickleValue, Made | null>();
  private readonly budget: SharingBudget;
  private ownNames: ReadonlySet<string> | null = null;

  constructor(reading: PickleReading, isNested: boolean) {
    this.reading = reading;
    this.isNested = isNested;
    this.list = new RiskList(isNested);
    this.states = indexStates(reading);
    this.budget = new SharingBudget(reading);
  }

  run(): void {
    const { reading } = this;
    const source = readSourceUdf(reading);
    if (source !== null) {
      // Recognised byte for byte: the calls that it makes are known, and what they run is the source text.
      const what = `the source of ${source.entry}`;
      this.list.add(
        'runs-source',
        'info',
        true,
        what,
        `${what} is compiled and run when the pickle is loaded`,
        source.callable.span.start,
      );
      return;
    }
    for (const call of reading.calls) this.checkCall(call);
    this.checkImports();
    if (this.budget.isSpent) {
      const message = 'the pickle uses its own parts so many times over that not everything in it was looked at';
      this.list.add('malformed', 'warning', true, 'pickle', message, reading.offset);
    }
    if (!this.isNested) this.checkEnds();
    this.list.tellTheRest(reading.offset);
  }

  private checkEnds(): void {
    const { error, trailing } = this.reading;
    if (error !== null) {
      const message = `the pickle is broken here (${error.message}); what stands before it runs all the same`;
      this.list.add('malformed', 'warning', true, 'pickle', message, this.reading.end);
    }
    const length = trailing.end - trailing.start;
    if (length > 0) {
      const message = `${length} bytes follow the pickle; a receiver ignores them`;
      this.list.add('trailing-bytes', 'info', false, 'pickle', message, trailing.start);
    }
  }

  private checkCall(call: PickleCall): void {
    switch (call.how) {
      case 'reduce':
      case 'inst':
      case 'obj':
      case 'newobj':
      case 'newobj_ex':
        this.checkMaking(call);
        return;
      case 'build':
      case 'append':
      case 'setitem':
      case 'additem':
        this.checkChange(call, call.callee);
        return;
    }
  }

  /** BUILD, SETITEM and their like on something imported change it for the whole process. */
  private checkChange(call: PickleCall, target: PickleValue): void {
    if (nameOf(target) === null && target.kind !== 'computed-global') return;
    const what = displayName(target);
    this.list.add(
      'changes-import',
      'danger',
      true,
      what,
      `${what} is changed for the whole process when the pickle is loaded`,
      call.offset,
    );
  }

  private checkMaking(call: PickleCall): void {
    const { callee, result } = call;
    if (result.kind !== 'call') return;
    const args = argumentsOf(result);
    const builder = cloudpickleName(callee);
    if (builder !== null && this.checkBuilder(call, builder, args)) return;
    if (this.isAttributeAccess(call, result, args)) return;
    this.checkCallee(call, callee);
    this.checkPassedOn(call, result, args);
  }

  /** cloudpickle's builders are expected, unless they are given something that a pickler never gives them. */
  private checkBuilder(call: PickleCall, builder: string, args: readonly PickleValue[]): boolean {
    const [first] = args;
    switch (builder) {
      case '_function_setstate':
      case '_class_setstate':
      case '_fill_function':
        if (first !== undefined) this.checkChange(call, first);
        return true;
      case 'instance':
      case '_make_skeleton_class':
        if (first !== undefined) this.checkCallee(call, first);
        return true;
      default:
        return CLOUDPICKLE_MAKERS.has(builder);
    }
  }

  /** `getattr` on something imported only names it: whether that name is dangerous is for those who use it. */
  private isAttributeAccess(call: PickleCall, result: CallValue, args: readonly PickleValue[]): boolean {
    const callee = nameOf(call.callee);
    if (callee === null || dotted(callee) !== 'builtins.getattr') return false;
    const attribute = textOf(args[1]);
    if (attribute === null || attribute.split('.').some((part) => ESCAPE_ATTRIBUTES.has(part))) return false;
    if (nameOf(result) !== null) return true;
    const owner = args[0];
    return owner !== undefined && this.madeBy(owner)?.kind === 'class';
  }

  private checkCallee(call: PickleCall, callee: PickleValue): void {
    this.called.add(callee);
    const at = call.offset;
    const name = nameOf(callee);
    if (name !== null) {
      const danger = dangerIn(name);
      const what = dotted(name);
      if (danger !== null)
        this.list.add('dangerous-call', 'danger', true, what, `${what} is called when the pickle is loaded`, at);
      else if (!isExpectedCall(name) && cloudpickleName(callee) === null) {
        const makes = call.how === 'newobj' || call.how === 'newobj_ex';
        const message = makes ? `an instance of ${what} is made` : `${what}, which dfx doesn't know, is called`;
        this.list.add(
          'unknown-call',
          makes ? 'info' : 'warning',
          true,
          what,
          `${message} when the pickle is loaded`,
          at,
        );
      } else if (cloudpickleName(callee) !== null)
        this.list.add(
          'unknown-call',
          'warning',
          true,
          what,
          `${what}, which no pickler writes, is called when the pickle is loaded`,
          at,
        );
      return;
    }
    if (callee.kind === 'call') {
      const made = this.madeBy(callee);
      if (made?.kind === 'function') {
        const what = displayName(callee);
        this.list.add(
          'runs-own-code',
          'danger',
          true,
          what,
          'a function that the pickle itself builds is called when it is loaded',
          at,
        );
        return;
      }
      if (made?.kind === 'class') {
        this.checkHooks(call, made.hooks, made.name);
        return;
      }
    }
    const what = displayName(callee);
    this.list.add(
      'indirect-call',
      'warning',
      true,
      what,
      `what is called here is only known when the pickle is loaded: ${what}`,
      at,
    );
  }

  /** The function or class that a call of cloudpickle's builders makes. */
  private madeBy(value: PickleValue): Made | null {
    const known = this.made.get(value);
    if (known !== undefined) return known;
    const made = value.kind === 'call' && this.budget.take(value, this.states) ? this.readMade(value) : null;
    this.made.set(value, made);
    return made;
  }

  private readMade(value: CallValue): Made | null {
    if (readFunction(value, this.states) !== null) return { kind: 'function' };
    const shape = readClass(value, this.states);
    if (shape === null) return null;
    const names = shape.body.map(([key]) => textOf(key) ?? '');
    return { kind: 'class', name: cutName(shape.name), hooks: names.filter((name) => LOAD_HOOK.test(name)) };
  }

  private checkHooks(call: PickleCall, hooks: readonly string[], what: string): void {
    if (hooks.length === 0) return;
    const message = `the class ${what} brings ${hooks.join(', ')}, which may run when the pickle is loaded`;
    this.list.add('load-hook', 'info', true, what, message, call.offset);
  }

  /** A dangerous function handed to something that may call it, such as `map`. Storing it is only a reference. */
  private checkPassedOn(call: PickleCall, result: CallValue, args: readonly PickleValue[]): void {
    const maker = makerOf(result);
    if (maker !== null && KEEPS_ARGUMENTS.test(maker)) return;
    if (this.passedOn.has(result.args)) return;
    this.passedOn.add(result.args);
    for (const argument of args) {
      const name = nameOf(argument);
      if (name === null || name.name === '' || dangerIn(name) === null) continue;
      const what = dotted(name);
      const message = `${what} is given to ${displayName(call.callee)} when the pickle is loaded`;
      this.list.add('dangerous-call', 'danger', true, what, message, call.offset);
    }
  }

  /** Every import, called or not. Names that are called have been told. */
  private checkImports(): void {
    const told = new Set<string>(this.list.risks.map(({ what }) => what));
    for (const { value, span } of this.reading.globals) {
      if (value.kind === 'extension') {
        const what = displayName(value);
        this.list.add(
          'extension-code',
          'warning',
          true,
          what,
          `${what} stands for a name that only the receiver's registry knows`,
          span.start,
        );
      } else if (value.kind === 'computed-global')
        this.list.add(
          'computed-global',
          'danger',
          true,
          'a computed name',
          'a name is computed as the pickle is loaded and then imported',
          span.start,
        );
    }
    const roots: PickleValue[] = [
      ...this.reading.partial,
      ...(this.reading.value === null ? [] : [this.reading.value]),
    ];
    for (const { callee, args, result } of this.reading.calls) roots.push(callee, args, result);
    for (const { value } of this.reading.globals) roots.push(value);
    eachValue(roots, (value) => {
      if (value.kind === 'persistent-id')
        this.list.add(
          'persistent-id',
          'warning',
          true,
          'a persistent id',
          'the receiver looks this object up by a persistent id',
          value.span.start,
        );
      if (value.kind === 'call') this.checkCode(value);
      this.checkReference(value, told);
      return undefined;
    });
  }

  private checkReference(value: PickleValue, told: Set<string>): void {
    const name = value.kind === 'global' || value.kind === 'call' ? nameOf(value) : null;
    if (name === null || this.called.has(value)) return;
    const what = dotted(name);
    const isModule = name.name === '';
    if (told.has(what) || (isModule ? !isDangerousModule(name.module) : dangerIn(name) === null)) return;
    // getattr is how attributes are named; what it names is told by itself.
    if (what === 'builtins.getattr') return;
    told.add(what);
    const message = `${what} is imported${isModule ? '' : ' and kept'}; it runs only if something calls it`;
    this.list.add('dangerous-reference', isModule ? 'info' : 'warning', false, what, message, value.span.start);
  }

  private checkCode(value: CallValue): void {
    if (makerOf(value) !== 'types.CodeType' || !this.budget.take(value, this.states)) return;
    const code = readCodeObject(value);
    if (code === null) return;
    const imports = new Set(code.imports);
    const names = [...new Set([...imports, ...code.names])].filter(
      (name) => isNotableName(name) && (imports.has(name) || !this.isOwnName(name)),
    );
    if (names.length === 0) return;
    const what = names.join(', ');
    const message = `the body of ${cutName(code.qualname ?? code.name)} uses ${what} when it is called`;
    this.list.add('code-references', 'info', false, what, message, code.span.start);
  }

  /** Whether the name of a module is what the user calls some global of another kind, and no function's global is that module. */
  private isOwnName(name: string): boolean {
    if (!isNotableModuleOnly(name)) return false;
    if (this.ownNames === null) {
      const own = new Set<string>();
      const modules = new Set<string>();
      for (const globals of travellingGlobals(this.states))
        for (const [key, value] of globals) {
          const word = textOf(key);
          if (word === null || !isNotableModuleOnly(word)) continue;
          const target = nameOf(value);
          const isPlainValue =
            target !== null ? dangerIn(target) === null && target.name !== '' : this.isPlainGlobal(value);
          (isPlainValue ? own : modules).add(word);
        }
      this.ownNames = new Set([...own].filter((word) => !modules.has(word)));
    }
    return this.ownNames.has(name);
  }

  /** Data, and functions, classes and objects that the pickle brings or that are known to be harmless. */
  private isPlainGlobal(value: PickleValue): boolean {
    switch (value.kind) {
      case 'call': {
        const callee = nameOf(value.callee);
        return this.madeBy(value) !== null || (callee !== null && dangerIn(callee) === null && isExpectedCall(callee));
      }
      case 'computed-global':
      case 'persistent-id':
      case 'extension':
        return false;
      default:
        return true;
    }
  }
}

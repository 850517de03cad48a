import { indexStates, makerOf, readClass, readFunction, type StateIndex } from './cloudpickle-shapes.ts';
import { readCodeObject } from './code-object.ts';
import { dangerIn, ESCAPE_ATTRIBUTES, isDangerousModule, isExpectedCall, isNotableName } from './known-callables.ts';
import type { PickleCall } from './machine.ts';
import { argumentsOf, cloudpickleName, cutName, displayName, dotted, nameOf, textOf } from './names.ts';
import { type PickleReading, readPickle } from './read.ts';
import { SharingBudget } from './sharing.ts';
import { readSourceUdf } from './source-udf-read.ts';
import { type CallValue, eachValue, type PickleValue } from './value.ts';

/** `danger`: reaches outside or hides what it does; `warning`: can't be told harmless; `info`: worth knowing. */
export type RiskSeverity = 'danger' | 'warning' | 'info';

export type RiskCode =
  | 'dangerous-call'
  | 'dangerous-reference'
  | 'unknown-call'
  | 'indirect-call'
  | 'runs-own-code'
  | 'runs-source'
  | 'changes-import'
  | 'computed-global'
  | 'extension-code'
  | 'persistent-id'
  | 'nested-pickle'
  | 'load-hook'
  | 'code-references'
  | 'malformed'
  | 'trailing-bytes';

export interface PickleRisk {
  readonly code: RiskCode;
  readonly severity: RiskSeverity;
  /** Whether it happens when the pickle is loaded, before anything in it is called. */
  readonly onLoad: boolean;
  /** What it is about: a dotted name where there is one. */
  readonly what: string;
  /** One sentence. Names in it come from the payload: escape them before they reach a terminal. */
  readonly message: string;
  /** Absolute. */
  readonly offset: number;
}

/** How deep pickles inside pickled bytes are followed. */
const MAX_NESTED = 4;

/** Findings of one severity in one pickle. No pickler comes near; a pickle of calls alone would have millions. */
const MAX_TOLD = 10_000;

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
      if (depth > 0 && scan.risks.length > 0) {
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
      for (const risk of scan.risks) risks.push(risk);
      for (const reading of scan.nested) inner.push(reading);
    }
    level = inner;
  }
  return risks.sort((a, b) => a.offset - b.offset);
}

const LOAD_HOOK = /^__(new|setstate|init_subclass|set_name|reduce|reduce_ex|setattr|getattribute)__$/;

type Made =
  | { readonly kind: 'function' }
  | { readonly kind: 'class'; readonly name: string; readonly hooks: readonly string[] };

class RiskScan {
  readonly risks: PickleRisk[] = [];
  readonly nested: PickleReading[] = [];
  private readonly reading: PickleReading;
  private readonly isNested: boolean;
  private readonly states: StateIndex;
  private readonly called = new Set<PickleValue>();
  /** Arguments whose dangerous parts are told: one tuple may be given to many calls. */
  private readonly passedOn = new Set<PickleValue>();
  private readonly made = new Map<PickleValue, Made | null>();
  private readonly budget: SharingBudget;
  private readonly counts = new Map<RiskSeverity, number>();

  constructor(reading: PickleReading, isNested: boolean) {
    this.reading = reading;
    this.isNested = isNested;
    this.states = indexStates(reading);
    this.budget = new SharingBudget(reading);
  }

  run(): void {
    const { reading } = this;
    const source = readSourceUdf(reading);
    if (source !== null) {
      // Recognised byte for byte: the calls that it makes are known, and what they run is the source text.
      const what = `the source of ${source.entry}`;
      this.add(
        'runs-source',
        'info',
        true,
        what,
        `${what} is compiled and run when the pickle is loaded`,
        source.callable.span.start,
      );
      this.findNested();
      return;
    }
    for (const call of reading.calls) this.checkCall(call);
    this.checkImports();
    this.findNested();
    if (this.budget.isSpent) {
      const message = 'the pickle uses its own parts so many times over that not everything in it was looked at';
      this.add('malformed', 'warning', true, 'pickle', message, reading.offset);
    }
    if (!this.isNested) this.checkEnds();
    this.tellTheRest();
  }

  private add(
    code: RiskCode,
    severity: RiskSeverity,
    onLoad: boolean,
    what: string,
    message: string,
    offset: number,
  ): void {
    const told = (this.counts.get(severity) ?? 0) + 1;
    this.counts.set(severity, told);
    if (told <= MAX_TOLD) this.risks.push({ code, severity, onLoad: onLoad && !this.isNested, what, message, offset });
  }

  /** Findings of one severity don't hide those of another, nor the number of their own. */
  private tellTheRest(): void {
    for (const [severity, count] of this.counts) {
      const more = count - MAX_TOLD;
      if (more <= 0) continue;
      const message = `${more} more findings of the severity ${severity} are not listed`;
      const offset = this.reading.offset;
      this.risks.push({ code: 'malformed', severity, onLoad: !this.isNested, what: 'pickle', message, offset });
    }
  }

  private checkEnds(): void {
    const { error, trailing } = this.reading;
    if (error !== null) {
      const message = `the pickle is broken here (${error.message}); what stands before it runs all the same`;
      this.add('malformed', 'warning', true, 'pickle', message, this.reading.end);
    }
    const length = trailing.end - trailing.start;
    if (length > 0) {
      const message = `${length} bytes follow the pickle; a receiver ignores them`;
      this.add('trailing-bytes', 'info', false, 'pickle', message, trailing.start);
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
    this.add(
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
      case '_make_function':
      case '_make_skel_func':
      case '_make_skeleton_enum':
      case '_make_empty_cell':
      case '_make_cell':
      case '_make_typevar':
      case '_make_dict_keys':
      case '_make_dict_values':
      case '_make_dict_items':
      case '_builtin_type':
      case '_file_reconstructor':
      case '_get_dataclass_field_type_sentinel':
      case '_gen_ellipsis':
      case '_gen_not_implemented':
      case '_empty_cell_value':
      case '_lookup_class_or_track':
      case 'cell_set':
      case 'dynamic_subimport':
      case 'subimport':
        return true;
      default:
        return false;
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
        this.add('dangerous-call', 'danger', true, what, `${what} is called when the pickle is loaded`, at);
      else if (!isExpectedCall(name) && cloudpickleName(callee) === null) {
        const makes = call.how === 'newobj' || call.how === 'newobj_ex';
        const message = makes ? `an instance of ${what} is made` : `${what}, which dfx doesn't know, is called`;
        this.add('unknown-call', makes ? 'info' : 'warning', true, what, `${message} when the pickle is loaded`, at);
      } else if (cloudpickleName(callee) !== null)
        this.add(
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
        this.add(
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
    this.add(
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
    this.add('load-hook', 'info', true, what, message, call.offset);
  }

  /** A dangerous function handed to something that may call it, such as `map`. Storing it is only a reference. */
  private checkPassedOn(call: PickleCall, result: CallValue, args: readonly PickleValue[]): void {
    const maker = makerOf(result);
    if (
      maker !== null &&
      /^(functools\.partial|types\.\w+|builtins\.(classmethod|staticmethod|property|type)|copyreg\.\w+)$/.test(maker)
    )
      return;
    if (this.passedOn.has(result.args)) return;
    this.passedOn.add(result.args);
    for (const argument of args) {
      const name = nameOf(argument);
      if (name === null || name.name === '' || dangerIn(name) === null) continue;
      const what = dotted(name);
      const message = `${what} is given to ${displayName(call.callee)} when the pickle is loaded`;
      this.add('dangerous-call', 'danger', true, what, message, call.offset);
    }
  }

  /** Every import, called or not. Names that are called have been told. */
  private checkImports(): void {
    const told = new Set<string>(this.risks.map(({ what }) => what));
    for (const { value, span } of this.reading.globals) {
      if (value.kind === 'extension') {
        const what = displayName(value);
        this.add(
          'extension-code',
          'warning',
          true,
          what,
          `${what} stands for a name that only the receiver's registry knows`,
          span.start,
        );
      } else if (value.kind === 'computed-global')
        this.add(
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
        this.add(
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
    this.add('dangerous-reference', isModule ? 'info' : 'warning', false, what, message, value.span.start);
  }

  private checkCode(value: CallValue): void {
    if (makerOf(value) !== 'types.CodeType' || !this.budget.take(value, this.states)) return;
    const code = readCodeObject(value);
    if (code === null) return;
    const names = [...new Set([...code.imports, ...code.names])].filter(isNotableName);
    if (names.length === 0) return;
    const what = names.join(', ');
    const message = `the body of ${cutName(code.qualname ?? code.name)} uses ${what} when it is called`;
    this.add('code-references', 'info', false, what, message, code.span.start);
  }

  /** Bytes and texts that read as a pickle which imports or calls something. */
  private findNested(): void {
    const roots: PickleValue[] = [
      ...this.reading.partial,
      ...(this.reading.value === null ? [] : [this.reading.value]),
    ];
    for (const { args } of this.reading.calls) roots.push(args);
    eachValue(roots, (value) => {
      if (value.kind !== 'bytes' && value.kind !== 'bytearray') return undefined;
      const bytes = value.value;
      const looksLike = bytes.length >= 4 && (bytes[0] === 0x80 || bytes[bytes.length - 1] === 0x2e);
      if (!looksLike) return undefined;
      const shared = bytes.buffer === this.reading.bytes.buffer;
      const offset = shared ? this.reading.offset + bytes.byteOffset - this.reading.bytes.byteOffset : value.span.start;
      const inner = readPickle(bytes, { offset });
      if (inner.globals.length > 0 || inner.calls.length > 0) this.nested.push(inner);
      return undefined;
    });
  }
}

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  describeCallable,
  disassemble,
  findRisks,
  type PyValue,
  readPickle,
  readPickledExprs,
  writePickle,
  writePickledExpr,
  writeSourceUdf,
} from '../../../src/wire/pickle/index.ts';
import { latin1 } from './corpus.ts';

function risksOf(bytes: Uint8Array | string): string[] {
  const reading = readPickle(typeof bytes === 'string' ? latin1(bytes) : bytes);
  return findRisks(reading).map(
    ({ code, severity, onLoad, what }) => `${severity} ${code}${onLoad ? ' on load' : ''}: ${what}`,
  );
}

function call(name: string, ...args: PyValue[]): PyValue {
  const dot = name.lastIndexOf('.');
  return { call: { global: [name.slice(0, dot), name.slice(dot + 1)] }, args };
}

const written = (value: PyValue, protocol = 4): string[] => risksOf(writePickle(value, { protocol }));

test('calls on load are dangers, in each protocol', () => {
  for (let protocol = 0; protocol <= 5; protocol++) {
    for (const name of [
      'os.system',
      'posix.system',
      'nt.system',
      'subprocess.Popen',
      'builtins.eval',
      'builtins.exec',
      'runpy.run_path',
      'shutil.rmtree',
      'ctypes.CDLL',
      'pty.spawn',
      'socket.socket',
      'importlib.import_module',
      'webbrowser.open',
      'marshal.loads',
      'pickle.loads',
      '_io.open',
      'operator.attrgetter',
      'timeit.timeit',
      'pip.main',
      'sys.settrace',
    ])
      assert.deepEqual(
        written(call(name, 'x'), protocol),
        [`danger dangerous-call on load: ${name}`],
        `${name}, protocol ${protocol}`,
      );
  }
});

test('a finding says what, how bad, and where', () => {
  const reading = readPickle(latin1('cos\nsystem\n(X\x02\x00\x00\x00idtR.'), { offset: 100 });
  assert.deepEqual(findRisks(reading), [
    {
      code: 'dangerous-call',
      severity: 'danger',
      onLoad: true,
      what: 'os.system',
      message: 'os.system is called when the pickle is loaded',
      offset: 120,
    },
  ]);
});

test('only kept is less than called', () => {
  assert.deepEqual(written([{ global: ['os', 'system'] }]), ['warning dangerous-reference: os.system']);
  assert.deepEqual(written(call('functools.partial', { global: ['os', 'system'] })), [
    'warning dangerous-reference: os.system',
  ]);
  assert.deepEqual(written(call('cloudpickle.cloudpickle._make_cell', { global: ['os', 'system'] })), [
    'warning dangerous-reference: os.system',
  ]);
});

// Ways around pickle scanners, one each.
const BYPASSES: readonly (readonly [string, Uint8Array | string, readonly string[]])[] = [
  ['INST', '(X\x02\x00\x00\x00idios\nsystem\n.', ['danger dangerous-call on load: os.system']],
  ['OBJ', '(cos\nsystem\nX\x02\x00\x00\x00ido.', ['danger dangerous-call on load: os.system']],
  [
    'NEWOBJ',
    '\x80\x02csubprocess\nPopen\nX\x02\x00\x00\x00id\x85\x81.',
    ['danger dangerous-call on load: subprocess.Popen'],
  ],
  [
    'NEWOBJ_EX',
    '\x80\x04\x8c\x0asubprocess\x8c\x05Popen\x93\x8c\x02id\x85}\x92.',
    ['danger dangerous-call on load: subprocess.Popen'],
  ],
  [
    'names from the memo',
    '\x80\x04\x8c\x06system\x940\x8c\x02os\x940h\x01h\x00\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: os.system'],
  ],
  [
    'names by LONG_BINPUT far away',
    '\x80\x04\x8c\x02osr\xff\xff\xff\x7f0j\xff\xff\xff\x7f\x8c\x06system\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: os.system'],
  ],
  [
    'an escaped name',
    '\x80\x04V\\u006f\\u0073\nV\\u0073ystem\n\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: os.system'],
  ],
  [
    'a name through DUP',
    '\x80\x04\x8c\x05posix2\x8c\x06system\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: posix.system'],
  ],
  ['a Python 2 name', "c__builtin__\neval\n(S'1'\ntR.", ['danger dangerous-call on load: builtins.eval']],
  ['the result thrown away', 'cos\nsystem\n(X\x02\x00\x00\x00idtR0N.', ['danger dangerous-call on load: os.system']],
  [
    'the result under POP_MARK',
    '(cos\nsystem\n(X\x02\x00\x00\x00idtR1N.',
    ['danger dangerous-call on load: os.system'],
  ],
  [
    'broken behind the payload',
    'cos\nsystem\n(X\x02\x00\x00\x00idtR\xff',
    ['danger dangerous-call on load: os.system', 'warning malformed on load: pickle'],
  ],
  [
    'no STOP',
    'cos\nsystem\n(X\x02\x00\x00\x00idtR',
    ['danger dangerous-call on load: os.system', 'warning malformed on load: pickle'],
  ],
  [
    'a protocol in the middle',
    'cos\nsystem\n\x80\x02(X\x02\x00\x00\x00idtR.',
    ['danger dangerous-call on load: os.system'],
  ],
  [
    'a frame that lies short',
    '\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00cos\nsystem\n\x8c\x02id\x85R.',
    ['danger dangerous-call on load: os.system'],
  ],
  [
    'a dotted name',
    '\x80\x04\x8c\x07logging\x8c\x09os.system\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: logging.os.system'],
  ],
  [
    'a path through os.path',
    '\x80\x04\x8c\x02os\x8c\x0epath.os.system\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: os.path.os.system'],
  ],
  [
    'a module reached through another',
    '\x80\x04\x8c\x04uuid\x8c\x09os.system\x93\x8c\x02id\x85R.',
    ['danger dangerous-call on load: uuid.os.system'],
  ],
  [
    'an extension code',
    '\x80\x02\x82\x05X\x02\x00\x00\x00id\x85R.',
    ['warning extension-code on load: extension 5', 'warning indirect-call on load: extension 5'],
  ],
  ['a persistent id', 'Pabc\n.', ['warning persistent-id on load: a persistent id']],
  [
    'BUILD on a module object',
    '\x80\x04\x8c\x03sys\x8c\x07modules\x93}\x8c\x01aNsb.',
    ['danger changes-import on load: sys.modules'],
  ],
  [
    'SETITEM on an imported dict',
    '\x80\x04\x8c\x02os\x8c\x07environ\x93\x8c\x01a\x8c\x01bs.',
    ['danger changes-import on load: os.environ'],
  ],
  [
    'getattr on an imported module',
    writePickle({ call: call('builtins.getattr', call('importlib.import_module', 'os'), 'system'), args: ['id'] }),
    [
      'danger dangerous-call on load: importlib.import_module',
      'danger dangerous-call on load: os.system',
      'info dangerous-reference: os',
    ],
  ],
  [
    'getattr on subimport',
    writePickle({
      call: call('builtins.getattr', call('cloudpickle.cloudpickle.subimport', 'os'), 'system'),
      args: ['id'],
    }),
    ['info dangerous-reference: os', 'danger dangerous-call on load: os.system'],
  ],
  [
    'getattr of a way out',
    writePickle(call('builtins.getattr', { global: ['collections', 'OrderedDict'] }, '__subclasses__')),
    ['danger dangerous-call on load: builtins.getattr'],
  ],
  [
    'map over a function',
    writePickle(call('builtins.list', call('builtins.map', { global: ['os', 'system'] }, ['id']))),
    ['danger dangerous-call on load: os.system', 'warning unknown-call on load: builtins.map'],
  ],
  [
    'a partial that is called',
    writePickle({ call: call('functools.partial', { global: ['os', 'system'] }), args: ['id'] }),
    ['warning dangerous-reference: os.system', 'warning indirect-call on load: functools.partial(…)'],
  ],
  [
    'a computed name',
    '\x80\x04\x8c\x03str\x8c\x01x\x93\x8c\x02os\x85R\x8c\x06system\x93\x8c\x02id\x85R.',
    [
      'danger computed-global on load: a computed name',
      'warning unknown-call on load: str.x',
      'warning indirect-call on load: a global whose name is computed',
    ],
  ],
  [
    'a pickle inside bytes',
    writePickle([writePickle(call('os.system', 'id'))]),
    ['warning nested-pickle: pickle', 'danger dangerous-call: os.system'],
  ],
  [
    'an old pickle inside bytes',
    writePickle([latin1("cos\nsystem\n(S'id'\ntR.")]),
    ['warning nested-pickle: pickle', 'danger dangerous-call: os.system'],
  ],
  [
    'a made-up cloudpickle builder',
    writePickle(call('cloudpickle.cloudpickle._cell_set_factory', 1)),
    ['warning unknown-call on load: cloudpickle.cloudpickle._cell_set_factory'],
  ],
  [
    'a metaclass that is no metaclass',
    writePickle(call('cloudpickle.cloudpickle._make_skeleton_class', { global: ['os', 'system'] }, 'id')),
    ['danger dangerous-call on load: os.system'],
  ],
  ['an unknown module', writePickle(call('somewhere.make', 1)), ['warning unknown-call on load: somewhere.make']],
  [
    'a function of the pickle itself, called',
    writePickle({ call: call('cloudpickle.cloudpickle._make_function', null), args: [] }),
    ['danger runs-own-code on load: cloudpickle.cloudpickle._make_function(…)'],
  ],
];

for (const [name, bytes, expected] of BYPASSES) {
  test(`seen through: ${name}`, () => {
    assert.deepEqual(risksOf(bytes).sort(), [...expected].sort());
  });
}

test('what datafusion and dfx write has no danger', () => {
  for (let protocol = 0; protocol <= 5; protocol++)
    assert.deepEqual(risksOf(writePickledExpr(latin1('abc'), { protocol })), []);
  const body = writeSourceUdf({
    family: 'scalar',
    name: 'u',
    source: 'def f(a): return a',
    entry: 'f',
    captures: [],
    imports: [],
    inputSchema: Uint8Array.of(1),
    returnSchema: Uint8Array.of(1),
    volatility: 'immutable',
  });
  assert.deepEqual(risksOf(body), ['info runs-source on load: the source of f']);
  // One more call in it, and it is no longer taken for one of ours.
  const more = new Uint8Array([
    ...body.subarray(0, 2),
    ...latin1('cos\nsystem\n\x8c\x02id\x85R0'),
    ...body.subarray(2),
  ]);
  assert.ok(risksOf(more).includes('danger dangerous-call on load: os.system'));
  assert.ok(risksOf(more).includes('danger dangerous-call on load: builtins.exec'));
});

test('plain data has no finding', () => {
  assert.deepEqual(written([1, 'a', null, new Map<PyValue, PyValue>([['a', Uint8Array.of(0x80, 4, 0x4e, 0x2e)]])]), []);
  assert.deepEqual(written(call('datetime.datetime', Uint8Array.of(7))), []);
  assert.deepEqual(written(call('collections.OrderedDict')), []);
});

test('harmless rebuilders are known by their whole names', () => {
  for (const name of [
    '_collections._tuplegetter',
    'collections.deque',
    'copyreg._reconstructor',
    'dataclasses.Field',
    'decimal.Decimal',
    'numpy._core.multiarray._reconstruct',
    'numpy.core.multiarray.scalar',
    'numpy.dtype',
    'pandas.StringDtype',
    'pandas._libs.internals._unpickle_block',
    'pandas.core.indexes.base._new_Index',
    'pyarrow.lib._restore_array',
    're._compile',
    'uuid.UUID',
    'zoneinfo.ZoneInfo._unpickle',
  ])
    assert.deepEqual(written(call(name, 'x')), [], name);
  // Neighbours of harmless names: the first runs text as code, the second opens a file for writing, the others lead on.
  for (const name of [
    'dataclasses._create_fn',
    'pathlib.Path.touch',
    'pandas.DataFrame.to_pickle',
    'typing.get_type_hints',
    'types.new_class',
    'enum.bltns.eval',
    'numpy.dtypes.a.b',
    'pandas._libs.internals.other',
  ])
    assert.deepEqual(written(call(name, 'x')), [`warning unknown-call on load: ${name}`], name);
  for (const name of ['OSFile', 'output_stream', 'memory_map'])
    assert.deepEqual(written(call(`pyarrow.${name}`, 'x')), [`danger dangerous-call on load: pyarrow.${name}`], name);
});

test("what a dataclass's repr keeps is harmless, and what leads on from it isn't", () => {
  assert.deepEqual(written([{ global: ['_thread', 'get_ident'] }]), []);
  for (const name of ['start_new_thread', 'get_ident.__self__'])
    assert.deepEqual(written([{ global: ['_thread', name] }]), [`warning dangerous-reference: _thread.${name}`]);
});

test('a base whose initializer would run is a danger', () => {
  const popen: PyValue = { global: ['subprocess', 'Popen'] };
  assert.deepEqual(written(call('copyreg._reconstructor', popen, popen, 'id')), [
    'danger dangerous-call on load: subprocess.Popen',
  ]);
});

test('the same finding is told once, a danger at each place', () => {
  assert.deepEqual(written([call('a.b', 1), call('a.b', 2), call('a.c', 3)]), [
    'warning unknown-call on load: a.b',
    'warning unknown-call on load: a.c',
  ]);
  assert.equal(written([call('os.system', 'a'), call('os.system', 'b')]).length, 2);
});

const FUNCTION = { global: ['cloudpickle.cloudpickle', '_make_function'] } as const;

/** A function whose body uses the name `nt`, with what its globals hold under it. */
function functionUsing(name: string, value: PyValue): PyValue {
  const bytes = Uint8Array.of(0x97, 0);
  const code = call(
    'types.CodeType',
    ...[0, 0, 0, 0, 1, 3, bytes, [], [name], [], 'f.py', 'f', 'f', 1, bytes, bytes, [], []],
  );
  const made: PyValue = { call: FUNCTION, args: [code, null, null, null, null] };
  const globals = new Map<PyValue, PyValue>([['__globals__', new Map<PyValue, PyValue>([[name, value]])]]);
  return call('cloudpickle.cloudpickle._function_setstate', made, { tuple: [null, globals] });
}

test("a user's variable is not the module of its name", () => {
  assert.deepEqual(written(functionUsing('nt', 1)), []);
  assert.deepEqual(written(functionUsing('nt', call('collections.OrderedDict'))), []);
  assert.deepEqual(written(functionUsing('nt', call('cloudpickle.cloudpickle.subimport', 'nt'))), [
    'info code-references: nt',
    'info dangerous-reference: nt',
  ]);
  assert.deepEqual(written(functionUsing('eval', 1)), ['info code-references: eval']);
});

test('bytes behind STOP are told', () => {
  assert.deepEqual(risksOf('N.abc'), ['info trailing-bytes: pickle']);
});

test('looking at a payload leaves no trace', () => {
  const trace = join(tmpdir(), `dfx-trace-${process.pid}`);
  rmSync(trace, { force: true });
  const touch = `touch ${trace}`;
  for (const value of [
    call('os.system', touch),
    call('subprocess.getoutput', touch),
    call('builtins.eval', `open(${JSON.stringify(trace)}, "w")`),
    [call('builtins.open', trace, 'w')],
  ]) {
    const bytes = writePickle(value);
    const reading = readPickle(bytes);
    assert.ok(reading.value !== null);
    assert.ok([...disassemble(bytes)].length > 0);
    assert.ok(findRisks(reading).length > 0);
    assert.ok(readPickledExprs(reading).foreign.length > 0);
    describeCallable(reading.value, reading);
  }
  assert.equal(existsSync(trace), false);
});

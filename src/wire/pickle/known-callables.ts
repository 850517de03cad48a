import { dotted, type QualifiedName } from './names.ts';

/** Which names reach outside the process or run other code. Facts as data. */

type Names = 'all' | ReadonlySet<string>;
const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Modules in which everything counts, or the names that do. */
const DANGEROUS: ReadonlyMap<string, Names> = new Map<string, Names>([
  [
    'builtins',
    set(
      'eval exec compile getattr setattr delattr __import__ open input breakpoint globals locals vars help exit quit',
    ),
  ],
  ['builtins.object', set('__getattribute__ __setattr__ __subclasses__ __reduce_ex__')],
  ['builtins.type', set('__subclasses__ __getattribute__ __setattr__ mro')],
  ['operator', set('attrgetter methodcaller call setitem delitem')],
  ['_operator', set('attrgetter methodcaller call setitem delitem')],
  ['functools', set('reduce partialmethod')],
  ['_functools', set('reduce')],
  ['itertools', set('starmap accumulate groupby filterfalse takewhile dropwhile')],
  [
    'sys',
    set(
      'modules settrace setprofile _getframe addaudithook meta_path path_hooks path exit breakpointhook excepthook displayhook unraisablehook call_tracing',
    ),
  ],
  ['io', set('open open_code FileIO')],
  ['_io', set('open open_code FileIO')],
  ['_pyio', 'all'],
  ['codecs', set('open')],
  ['copyreg', set('add_extension pickle constructor')],
  ['pickle', set('load loads Unpickler _load _loads _Unpickler whichmodule')],
  ['_pickle', set('load loads Unpickler')],
  ['cloudpickle', set('load loads')],
  ['cloudpickle.cloudpickle', set('load loads')],
  ['joblib', set('load')],
  ['joblib.numpy_pickle', set('load load_temporary_memmap')],
  ['dill', set('load loads load_session load_module')],
  ['dill._dill', set('load loads')],
  ['jsonpickle', set('decode')],
  ['yaml', set('load unsafe_load full_load')],
  ['torch', set('load hub')],
  ['torch.serialization', set('load')],
  ['torch.hub', 'all'],
  ['torch.jit', set('load')],
  ['torch.utils.cpp_extension', 'all'],
  ['torch._inductor.codecache', 'all'],
  ['torch.utils._config_module', set('load_config')],
  ['torch.distributed.rpc', 'all'],
  ['numpy', set('load fromfile memmap save savetxt')],
  ['numpy._core.multiarray', set('fromfile')],
  ['numpy.core.multiarray', set('fromfile')],
  ['numpy.testing._private.utils', set('runstring')],
  ['numpy.f2py', 'all'],
  ['numpy.f2py.crackfortran', 'all'],
  ['numpy.lib.npyio', set('load')],
  ['pandas', set('read_pickle eval')],
  ['pandas.io.pickle', set('read_pickle')],
  ['pyarrow.lib', set('memory_map create_memory_map OSFile MemoryMappedFile input_stream output_stream')],
  ['pyarrow', set('memory_map create_memory_map OSFile MemoryMappedFile input_stream output_stream')],
  [
    'pathlib',
    set(
      'Path.open Path.unlink Path.write_text Path.write_bytes Path.read_text Path.read_bytes Path.chmod Path.rename Path.rmdir',
    ),
  ],
  ['linecache', set('cache updatecache getline getlines')],
  ['logging', set('FileHandler config')],
  ['logging.config', 'all'],
  ['uuid', set('_get_command_stdout _load_system_functions')],
  ['test.support.script_helper', 'all'],
  ...`os posix nt posixpath._os subprocess _posixsubprocess socket _socket ctypes _ctypes ctypes.util shutil pty tty importlib
    importlib._bootstrap importlib._bootstrap_external importlib.util importlib.machinery importlib.abc imp zipimport pkgutil runpy
    code codeop marshal webbrowser antigravity this urllib urllib.request urllib.parse http http.client http.server httplib
    httplib2 requests requests.api httpx aiohttp ftplib smtplib telnetlib poplib imaplib nntplib xmlrpc xmlrpc.client
    xmlrpc.server socketserver ssl select selectors asyncio asyncio.subprocess asyncio.unix_events asyncio.base_events multiprocessing
    multiprocessing.util multiprocessing.context multiprocessing.process multiprocessing.pool multiprocessing.managers threading _thread
    concurrent.futures signal mmap fcntl resource pip pip._internal pip._internal.cli.main ensurepip venv site sysconfig distutils
    distutils.spawn distutils.file_util setuptools timeit cProfile profile pdb bdb trace doctest unittest pydoc idlelib
    lib2to3 lib2to3.pgen2.grammar tempfile fileinput glob filecmp shelve dbm sqlite3 atexit gc inspect readline rlcompleter cmd
    winreg msvcrt _winapi platform commands popen2 crypt paramiko fabric pexpect _osx_support _aix_support cffi weakref.finalize
    faulthandler _testcapi _xxsubinterpreters _interpreters dis opcode ast symtable tokenize nturl2path turtle tkinter
    pyrepl _pyrepl cgitb mailcap mimetypes netrc wsgiref zipfile tarfile zipapp compileall py_compile
    logging.handlers`
    .split(/\s+/)
    .map((module) => [module, 'all'] as const),
]);

/** What such a module holds that does no harm. */
const HARMLESS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['os', set('path fspath PathLike sep linesep name getpid cpu_count getcwd environ stat_result terminal_size')],
  ['inspect', set('Signature Parameter _ParameterKind _empty')],
  ['urllib.parse', set('ParseResult SplitResult ParseResultBytes SplitResultBytes quote unquote')],
  ['multiprocessing.context', set('DefaultContext')],
  ['threading', set('Lock RLock local get_ident')],
  ['_thread', set('get_ident')],
  ['platform', set('uname_result')],
  ['tempfile', set('gettempdir')],
]);

/** Modules that are looked for where they are reached as an attribute of another: `logging.os`. */
const REACHED = set(
  'os posix nt subprocess sys builtins importlib ctypes socket shutil pty runpy pickle marshal io _io',
);
const MAX_PARTS = 16;

/** The dangerous name inside a qualified one, dotted; null where there is none. */
export function dangerIn(name: QualifiedName): string | null {
  const parts = dotted(name).split('.');
  if (parts.length > MAX_PARTS) return dotted(name).slice(0, 200);
  for (let start = 0; start < parts.length; start++) {
    if (start > 0 && !REACHED.has(parts[start] ?? '')) continue;
    // The longest module first: what a submodule holds harmless isn't counted as part of the package above it.
    for (let split = parts.length - 1; split > start; split--) {
      const module = parts.slice(start, split).join('.');
      const names = DANGEROUS.get(module);
      if (names === undefined) continue;
      const rest = parts.slice(split).join('.');
      const first = parts[split] ?? '';
      if (isHarmless(module, first, parts.slice(split + 1))) break;
      if (names === 'all' || names.has(first) || names.has(rest)) return `${module}.${rest}`;
    }
  }
  return null;
}

function isHarmless(module: string, first: string, after: readonly string[]): boolean {
  if (HARMLESS.get(module)?.has(first) !== true) return false;
  // os.path and os.environ hold harmless names of their own, but os.path.os is os again.
  return after.every((part) => !REACHED.has(part) && !part.startsWith('__'));
}

/** Whether importing the module alone brings such names within reach. */
export function isDangerousModule(module: string): boolean {
  return DANGEROUS.get(module) === 'all';
}

/** Attributes by which any object leads to all others. */
export const ESCAPE_ATTRIBUTES = set(
  '__globals__ __builtins__ __subclasses__ __class__ __base__ __bases__ __mro__ __dict__ __code__ __closure__ __init__ __reduce__ __reduce_ex__ __getattribute__ __loader__ __spec__ f_globals f_builtins gi_frame',
);

/** Words in a function's body that lead outside. */
const CODE_MODULES = set(
  'os posix nt subprocess socket ctypes shutil pty importlib runpy pickle cloudpickle marshal webbrowser urllib requests httpx http multiprocessing threading signal',
);
const CODE_BUILTINS = set(
  'eval exec compile __import__ open input breakpoint globals __globals__ __builtins__ __subclasses__',
);

export function isNotableName(name: string): boolean {
  return CODE_BUILTINS.has(name) || CODE_MODULES.has(name.split('.')[0] ?? '');
}

/** A word that is notable because it is a module's name: a global of the user's own may bear it. */
export function isNotableModuleOnly(name: string): boolean {
  return isNotableName(name) && !CODE_BUILTINS.has(name);
}

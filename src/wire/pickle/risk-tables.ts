import { dotted, type QualifiedName } from './names.ts';

/** What the search for risks takes for the machinery of picklers and for harmless data. Facts as data, by exact names. */

const set = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** How deep pickles inside pickled bytes are followed. */
export const MAX_NESTED = 4;

/** Findings of one severity in one pickle. No pickler comes near; a pickle of calls alone would have millions. */
export const MAX_TOLD = 10_000;

/** Methods of a class that may run as its instances are loaded. */
export const LOAD_HOOK = /^__(new|setstate|init_subclass|set_name|reduce|reduce_ex|setattr|getattribute)__$/;

/** cloudpickle's builders that only make what they are given. */
export const CLOUDPICKLE_MAKERS = set(`
  _make_function _make_skel_func _make_skeleton_enum _make_empty_cell _make_cell _make_typevar _make_dict_keys
  _make_dict_values _make_dict_items _builtin_type _file_reconstructor _get_dataclass_field_type_sentinel _gen_ellipsis
  _gen_not_implemented _empty_cell_value _lookup_class_or_track cell_set dynamic_subimport subimport
`);

/** What keeps its arguments without calling them. `copyreg._reconstructor` isn't among them: it calls `__init__` of a base. */
export const KEEPS_ARGUMENTS =
  /^(functools\.partial|types\.\w+|builtins\.(classmethod|staticmethod|property|type)|copyreg\.__newobj(_ex)?__)$/;

/** Builtins that cloudpickle and pickle call for plain data. */
const BUILTINS = set(`
  list tuple dict set frozenset bytes bytearray str int float complex bool object slice range type property classmethod
  staticmethod super memoryview enumerate zip reversed iter Ellipsis NotImplemented
`);
const EXCEPTION = /^[A-Z]\w*(Error|Exception|Warning|Exit|Interrupt|Iteration|Group)$/;

const DECIMAL = 'Decimal Context DecimalTuple';
const PATHS = 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath';
const TYPING = `
  TypeVar ParamSpec ParamSpecArgs ParamSpecKwargs TypeVarTuple TypeAliasType NewType NamedTuple NamedTupleMeta Protocol
  Generic _ProtocolMeta _TypedDictMeta _GenericAlias _UnionGenericAlias _LiteralGenericAlias _AnnotatedAlias
  _CallableGenericAlias _SpecialForm
`;
const MULTIARRAY = '_reconstruct scalar';
const RECORDS = 'recarray record';
const PYARROW = `
  null bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 date32 date64 time32 time64 timestamp
  duration month_day_nano_interval decimal32 decimal64 decimal128 decimal256 string utf8 large_string large_utf8 string_view
  binary large_binary binary_view list_ large_list list_view large_list_view map_ struct dictionary field schema union
  sparse_union dense_union run_end_encoded bool8 uuid json_ opaque fixed_shape_tensor type_for_alias scalar array
  chunked_array table record_batch py_buffer nulls KeyValueMetadata MonthDayNano
`;
const PANDAS_ARRAYS = `
  ArrowExtensionArray ArrowStringArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray IntervalArray
  NumpyExtensionArray PandasArray PeriodArray SparseArray StringArray TimedeltaArray
`;
const PANDAS_NUMBERS = 'Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype';
const PANDAS_DTYPES = `
  ArrowDtype BooleanDtype CategoricalDtype DatetimeTZDtype Float32Dtype Float64Dtype IntervalDtype PeriodDtype SparseDtype
  StringDtype ${PANDAS_NUMBERS}
`;
const PANDAS_INDEXES =
  'Index RangeIndex MultiIndex CategoricalIndex DatetimeIndex TimedeltaIndex PeriodIndex IntervalIndex';
const OFFSETS = `
  BDay BHalfYearBegin BHalfYearEnd BMonthBegin BMonthEnd BQuarterBegin BQuarterEnd BYearBegin BYearEnd BusinessDay
  BusinessHour BusinessMonthBegin BusinessMonthEnd CBMonthBegin CBMonthEnd CDay CustomBusinessDay CustomBusinessHour
  CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day Easter FY5253 FY5253Quarter HalfYearBegin HalfYearEnd Hour
  LastWeekOfMonth Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second SemiMonthBegin SemiMonthEnd
  Week WeekOfMonth YearBegin YearEnd
`;

/** Classes and rebuilders that only make data, by their module. */
const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    _codecs: 'encode',
    _collections: '_tuplegetter OrderedDict defaultdict deque',
    _decimal: DECIMAL,
    _functools: 'partial',
    _io: 'StringIO BytesIO',
    _operator: 'getitem itemgetter',
    _pydecimal: DECIMAL,
    abc: 'ABCMeta ABC',
    array: 'array _array_reconstructor',
    collections: 'OrderedDict defaultdict deque Counter ChainMap UserDict UserList UserString namedtuple _tuplegetter',
    copyreg: '_reconstructor __newobj__ __newobj_ex__',
    dataclasses: `Field field _DataclassParams _HAS_DEFAULT_FACTORY_CLASS _MISSING_TYPE _FIELD_BASE _KW_ONLY_TYPE InitVar
      FrozenInstanceError`,
    'datafusion.expr': 'Expr Expr._reconstruct SortExpr SortKey Window WindowFrame CaseBuilder',
    'datafusion.user_defined': 'ScalarUDF AggregateUDF WindowUDF TableFunction Volatility',
    datetime: 'date datetime time timedelta timezone',
    'dateutil.relativedelta': 'relativedelta',
    'dateutil.tz.tz': 'tzutc tzoffset',
    decimal: DECIMAL,
    enum: 'Enum EnumMeta EnumType IntEnum StrEnum Flag IntFlag auto member nonmember property',
    fractions: 'Fraction',
    functools: 'partial lru_cache cache cached_property',
    io: 'StringIO BytesIO',
    ipaddress: `IPv4Address IPv4Network IPv4Interface IPv6Address IPv6Network IPv6Interface ip_address ip_network
      ip_interface`,
    itertools: 'count chain repeat cycle',
    logging: 'getLogger',
    numpy: 'dtype ndarray matrix recarray record poly1d finfo iinfo vectorize',
    'numpy._core._internal': '_convert_to_stringdtype_kwargs',
    'numpy._core.multiarray': MULTIARRAY,
    'numpy._core.numeric': '_frombuffer',
    'numpy._core.records': RECORDS,
    'numpy.core.multiarray': MULTIARRAY,
    'numpy.core.numeric': '_frombuffer',
    'numpy.core.records': RECORDS,
    'numpy.ma': 'MaskedArray',
    'numpy.ma.core': '_mareconstruct MaskedArray MaskedConstant',
    'numpy.polynomial.chebyshev': 'Chebyshev',
    'numpy.polynomial.hermite': 'Hermite',
    'numpy.polynomial.hermite_e': 'HermiteE',
    'numpy.polynomial.laguerre': 'Laguerre',
    'numpy.polynomial.legendre': 'Legendre',
    'numpy.polynomial.polynomial': 'Polynomial',
    'numpy.random.bit_generator': '__pyx_unpickle_SeedSequence SeedSequence',
    'numpy.rec': RECORDS,
    operator: 'getitem itemgetter',
    pandas: `DataFrame Series Timestamp Timedelta Period Interval Categorical DateOffset Flags NamedAgg ${PANDAS_DTYPES}
      ${PANDAS_INDEXES}`,
    'pandas._libs.arrays': '__pyx_unpickle_NDArrayBacked',
    'pandas._libs.internals': '_unpickle_block BlockPlacement',
    'pandas._libs.interval': '__pyx_unpickle_IntervalMixin Interval',
    'pandas._libs.sparse': 'IntIndex BlockIndex',
    'pandas._libs.tslibs.nattype': '_nat_unpickle',
    'pandas._libs.tslibs.offsets': OFFSETS,
    'pandas._libs.tslibs.period': 'Period',
    'pandas._libs.tslibs.timedeltas': '_timedelta_unpickle Timedelta',
    'pandas._libs.tslibs.timestamps': '_unpickle_timestamp Timestamp',
    'pandas.arrays': PANDAS_ARRAYS,
    'pandas.core.arrays.arrow.array': 'ArrowExtensionArray',
    'pandas.core.arrays.boolean': 'BooleanArray BooleanDtype',
    'pandas.core.arrays.categorical': 'Categorical',
    'pandas.core.arrays.datetimes': 'DatetimeArray',
    'pandas.core.arrays.floating': 'FloatingArray Float32Dtype Float64Dtype',
    'pandas.core.arrays.integer': `IntegerArray ${PANDAS_NUMBERS}`,
    'pandas.core.arrays.interval': 'IntervalArray',
    'pandas.core.arrays.numpy_': 'NumpyExtensionArray PandasArray',
    'pandas.core.arrays.period': 'PeriodArray',
    'pandas.core.arrays.sparse.array': 'SparseArray',
    'pandas.core.arrays.sparse.dtype': 'SparseDtype',
    'pandas.core.arrays.string_': 'StringArray StringDtype',
    'pandas.core.arrays.string_arrow': 'ArrowStringArray ArrowStringArrayNumpySemantics',
    'pandas.core.arrays.timedeltas': 'TimedeltaArray',
    'pandas.core.dtypes.dtypes':
      'ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype NumpyEADtype PandasDtype PeriodDtype SparseDtype',
    'pandas.core.frame': 'DataFrame',
    'pandas.core.indexes.base': '_new_Index Index',
    'pandas.core.indexes.category': 'CategoricalIndex',
    'pandas.core.indexes.datetimes': '_new_DatetimeIndex DatetimeIndex',
    'pandas.core.indexes.frozen': 'FrozenList',
    'pandas.core.indexes.interval': '_new_IntervalIndex IntervalIndex',
    'pandas.core.indexes.multi': 'MultiIndex',
    'pandas.core.indexes.period': '_new_PeriodIndex PeriodIndex',
    'pandas.core.indexes.range': 'RangeIndex',
    'pandas.core.indexes.timedeltas': '_new_TimedeltaIndex TimedeltaIndex',
    'pandas.core.internals.blocks': 'new_block make_block',
    'pandas.core.internals.managers': 'BlockManager SingleBlockManager',
    'pandas.core.series': 'Series',
    pathlib: PATHS,
    'pathlib._local': PATHS,
    pyarrow: PYARROW,
    'pyarrow._compute': 'Expression._deserialize FunctionOptions.deserialize',
    'pyarrow._csv': 'ReadOptions ParseOptions ConvertOptions WriteOptions',
    'pyarrow._dataset_parquet': `ParquetFileFormat ParquetFragmentScanOptions._reconstruct
      __pyx_unpickle_ParquetReadOptions`,
    'pyarrow.lib': `${PYARROW} _reconstruct_table _reconstruct_record_batch _restore_array CacheOptions._reconstruct`,
    pytz: '_UTC _p',
    random: 'Random',
    re: '_compile compile RegexFlag',
    statistics: 'NormalDist',
    string: 'Template Formatter',
    threading: 'Lock RLock',
    types: `CodeType FunctionType LambdaType CellType MethodType SimpleNamespace MappingProxyType GenericAlias UnionType
      NoneType EllipsisType NotImplementedType ModuleType DynamicClassAttribute`,
    typing: TYPING,
    typing_extensions: TYPING,
    uuid: 'UUID SafeUUID',
    weakref: 'WeakSet',
    zoneinfo: 'ZoneInfo ZoneInfo._unpickle ZoneInfo.no_cache',
  }).map(([module, names]) => [module, set(names)] as const),
);

/** Modules that hold rebuilders or plain classes alone. What they import themselves has a dotted name. */
const KNOWN_WHOLE = set('numpy.random._pickle numpy.dtypes');

/** Whether loading harmless data calls this. A dangerous name never is. */
export function isExpectedCall(name: QualifiedName): boolean {
  if (name.module === 'builtins') return BUILTINS.has(name.name) || EXCEPTION.test(name.name);
  if (KNOWN_WHOLE.has(name.module)) return !name.name.includes('.');
  // A dotted name may be split anywhere: `zoneinfo.ZoneInfo` and `_unpickle` is as good.
  const whole = dotted(name);
  for (let at = whole.lastIndexOf('.'); at > 0; at = whole.lastIndexOf('.', at - 1))
    if (KNOWN.get(whole.slice(0, at))?.has(whole.slice(at + 1)) === true) return true;
  return false;
}

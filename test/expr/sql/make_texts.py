"""Writes texts.json: SQL expressions, and what `DataFrame.parse_sql_expr` of the real engine makes of each.

    python test/expr/sql/make_texts.py > test/expr/sql/texts.json

Run it with the Python that has datafusion 55.0.0. Every text is planned against a DataFrame whose columns have no relation, and
again against a table of the same columns; the bytes of the second, with the relation of each column taken off, must be those
of the first. Only names that the engine derives from operands (`pow(t.a,Int64(2))`) keep the table, and only those texts may
differ. A text that the engine refuses is listed without bytes.
"""

import json
import random
import sys

import pyarrow as pa
from datafusion import SessionContext

COLUMNS = {
    "a": pa.array([1], pa.int64()),
    "b": pa.array([1.0], pa.float64()),
    "c": pa.array([1], pa.int32()),
    "u": pa.array([1], pa.uint64()),
    "s": pa.array(["x"], pa.string()),
    "v": pa.array(["x"], pa.string_view()),
    "f": pa.array([True], pa.bool_()),
    "d": pa.array([1], pa.date32()),
    "ts": pa.array([1], pa.timestamp("ns")),
    "tz": pa.array([1], pa.timestamp("us", "UTC")),
    "bin": pa.array([b"x"], pa.binary()),
    "dec": pa.array([None], pa.decimal128(10, 2)),
    "l": pa.array([[1]], pa.list_(pa.int64())),
    "ll": pa.array([[[1]]], pa.list_(pa.list_(pa.int64()))),
    "ls": pa.array([["x"]], pa.list_(pa.string())),
    "st": pa.array([{"x": 1, "y": {"z": "q"}}], pa.struct([("x", pa.int64()), ("y", pa.struct([("z", pa.string())]))])),
    "m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    "Upper": pa.array([1], pa.int64()),
    "with space": pa.array([1], pa.int64()),
    "user": pa.array(["x"], pa.string()),
    "date": pa.array([1], pa.date32()),
    "é": pa.array([1], pa.int64()),
}

TEXTS = """
a
A
"a"
`a`
"Upper"
"with space"
date
user
é
a + 1 > sqrt(b)
a + 1 + 2
a + (1 + 2)
(a + 1) + 2
a - 1 + 2 - 3
a + 1 - 2 + 3 + 4
a * 2 + 3
a + 2 * 3
(a + 2) * 3
a / 2 * 3 % 4
a % 2 = 0
a = 1 AND c = 2 AND f
a = 1 OR c = 2 AND NOT f
(a = 1 OR c = 2) AND f
NOT f AND f
NOT (f AND f)
NOT NOT f
a = c = f
a == 1
a <> 1
a != 1
a < 1
a <= 1
a >= 1
a <=> c
a = 1 = f
a & 1 | 2 ^ 3
a | 1 | 2
a << 2 >> 1
a ^ c
a XOR c
f XOR f
a // 2
s ~ 'x'
s ~* 'x'
s !~ 'x'
s !~* 'x'
s ~~ 'x'
s ~~* 'x'
s !~~ 'x'
s !~~* 'x'
s || 'x'
s || 'x' || v
'a' || 'b'
a || 'x'
l || l
l || 1
1 || l
ll || l
l || ll
[1, 2] || 3
[1] || [2]
make_array(1, 2) || [3]
l @> [1]
[1] <@ l
l @> l
upper(s) || lower(v)
concat(s, v) || 'x'
s -> 'k'
s ->> 'k'
s #> 'k'
s #>> 'k'
s #- 'k'
s @@ 'k'
s @? 'k'
1
-1
- 1
-(1)
- - 1
- (- a)
-a
+a
+1
+ + a
-b
-dec
1.5
-1.5
.5
5.
1e5
1E-5
1.5e+3
-1e400
1e400
0
-0
-0.0
007
9223372036854775807
9223372036854775808
-9223372036854775808
-9223372036854775809
18446744073709551615
18446744073709551616
123456789012345678901234567890
1L
0xff
0xF
X'ff00'
x'f'
X''
'it''s'
''
'é'
E'a\\nb\\t\\x41\\101\\u00e9\\'q'
e'\\\\'
$$dollar ' quoted$$
$tag$a $$ b$tag$
true
FALSE
null
NULL
TRUE AND false
DATE '2020-01-01'
date '2020-01-01'
TIMESTAMP '2020-01-01 00:00:00'
TIMESTAMP WITH TIME ZONE '2020-01-01 00:00:00'
TIMESTAMPTZ '2020-01-01'
TIMESTAMP(3) '2020-01-01'
TIME '12:00:00'
INT '5'
BIGINT '5'
FLOAT '1.5'
DECIMAL(10, 2) '1.5'
BOOLEAN 'true'
TEXT 'x'
VARCHAR 'x'
BYTEA 'x'
INTERVAL '1 day'
INTERVAL '1' DAY
INTERVAL '1 year 2 months 3 days 4 hours 5 minutes 6.789 seconds'
INTERVAL '1.5 months'
INTERVAL '1.5' YEAR
INTERVAL '0.5 week'
INTERVAL '-1 day'
INTERVAL '-1.5 days'
INTERVAL '5'
INTERVAL 5 DAY
INTERVAL -5 DAY
INTERVAL - - 5 DAY
-INTERVAL '1 day'
- INTERVAL '1' MONTH
INTERVAL '1 century'
INTERVAL '2 decades'
INTERVAL '5min'
INTERVAL '1h 30m'
INTERVAL '3 ms'
INTERVAL '3 us'
INTERVAL '3 nanoseconds'
INTERVAL '1' WEEK
INTERVAL '1' SECOND
INTERVAL '1' MINUTES
INTERVAL '.5 day'
INTERVAL '1 mon'
INTERVAL '100 years'
d + INTERVAL '1 day'
ts - INTERVAL '1' HOUR
INTERVAL '1 day' + d
INTERVAL '5 days' > INTERVAL '1 day'
CAST(a AS INT)
CAST(a AS INTEGER)
CAST(a AS INT4)
CAST(a AS INT8)
CAST(a AS INT2)
CAST(a AS TINYINT)
CAST(a AS SMALLINT)
CAST(a AS BIGINT)
CAST(a AS TINYINT UNSIGNED)
CAST(a AS SMALLINT UNSIGNED)
CAST(a AS INT UNSIGNED)
CAST(a AS INTEGER UNSIGNED)
CAST(a AS BIGINT UNSIGNED)
CAST(a AS INT SIGNED)
CAST(a AS INT(11))
CAST(a AS FLOAT)
CAST(a AS FLOAT(10))
CAST(a AS REAL)
CAST(a AS FLOAT4)
CAST(a AS FLOAT8)
CAST(a AS DOUBLE)
CAST(a AS DOUBLE PRECISION)
CAST(a AS VARCHAR)
CAST(a AS VARCHAR(10))
CAST(a AS CHAR)
CAST(a AS CHAR(3))
CAST(a AS TEXT)
CAST(a AS STRING)
CAST(a AS BOOLEAN)
CAST(a AS BOOL)
CAST(s AS DATE)
CAST(s AS TIME)
CAST(s AS TIME WITHOUT TIME ZONE)
CAST(s AS TIMESTAMP)
CAST(s AS TIMESTAMP(0))
CAST(s AS TIMESTAMP(3))
CAST(s AS TIMESTAMP(6))
CAST(s AS TIMESTAMP(9))
CAST(s AS TIMESTAMP WITH TIME ZONE)
CAST(s AS TIMESTAMP WITHOUT TIME ZONE)
CAST(s AS TIMESTAMPTZ)
CAST(a AS TIMESTAMP)
CAST(a AS TIMESTAMP(9))
CAST(a AS TIMESTAMP(3))
CAST(c AS TIMESTAMP)
CAST(5 AS TIMESTAMP)
CAST(a + 1 AS TIMESTAMP)
CAST(a + b AS TIMESTAMP)
CAST(b AS TIMESTAMP)
CAST(d AS TIMESTAMP)
CAST(to_unixtime(ts) AS TIMESTAMP)
CAST(NULL AS TIMESTAMP)
TRY_CAST(a AS TIMESTAMP)
CAST(a AS DECIMAL)
CAST(a AS DECIMAL(10))
CAST(a AS DECIMAL(10, 2))
CAST(a AS DECIMAL(10, -2))
CAST(a AS DECIMAL(10, +2))
CAST(a AS NUMERIC(20, 5))
CAST(a AS NUMERIC(60, 5))
CAST(a AS NUMERIC)
CAST(s AS BYTEA)
CAST(s AS INTERVAL)
CAST(l AS INT[])
CAST(l AS BIGINT[3])
CAST(l AS ARRAY<INT>)
CAST(ll AS ARRAY<ARRAY<INT>>)
CAST(l AS INT[][])
CAST(st AS STRUCT<x INT, y TEXT>)
CAST(st AS STRUCT<INT, TEXT>)
CAST(st AS STRUCT<A INT, "B" TEXT>)
CAST(st AS STRUCT<x: INT, y: STRUCT<z: TEXT>>)
CAST(st AS STRUCT<x ARRAY<INT>>)
a::int
a::int::text
a::int + 1
-a::int
-5::int
a + 1::int
s::timestamp
a::timestamp
'2020-01-01'::date
l::int[]
(a + 1)::text
TRY_CAST(s AS INT)
SAFE_CAST(s AS INT)
TRY_CAST(s AS DECIMAL(5,2))
s LIKE 'a%'
s NOT LIKE 'a%'
s ILIKE 'a%'
s NOT ILIKE 'a%'
s LIKE 'a!%' ESCAPE '!'
s ILIKE 'a' ESCAPE 'x'
s SIMILAR TO 'a%'
s NOT SIMILAR TO 'a%'
s SIMILAR TO 'a' ESCAPE '$'
s LIKE 'a' || 'b'
s LIKE v AND f
a BETWEEN 1 AND 10
a NOT BETWEEN 1 AND 10
a BETWEEN 1 AND 10 AND f
a BETWEEN 1 + 1 AND 10 * 2
a + 1 BETWEEN 1 AND 2
a IN (1, 2, 3)
a IN (1)
a NOT IN (1, 2)
a IN (c, c + 1)
s IN ('x', NULL)
a + 1 IN (1) OR f
a IS NULL
a IS NOT NULL
a NOT NULL
a IS NULL IS NULL
f IS TRUE
f IS NOT TRUE
f IS FALSE
f IS NOT FALSE
f IS UNKNOWN
f IS NOT UNKNOWN
a IS DISTINCT FROM c
a IS NOT DISTINCT FROM c
a IS DISTINCT FROM c AND f
f AND a IS DISTINCT FROM c OR f
a + 1 IS NULL
NOT a IS NULL
CASE WHEN f THEN 1 END
CASE WHEN f THEN 1 ELSE 2 END
CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' ELSE 'z' END
CASE WHEN a > 1 THEN CASE WHEN f THEN 1 END ELSE NULL END
case when f then s end || 'x'
abs(a)
ABS(a)
"abs"(a)
pow(a, 2)
POW(a, b)
power(a, 2)
pow(a + 1, 2)
pow(a + 1 - 2, (a - 1) * 2)
pow(-a, 1.5)
pow(1e-7, 1e21)
pow(CAST(a AS INT), 2)
pow(CAST(s AS TIMESTAMP(6)), 2)
pow(CASE WHEN f THEN 1 ELSE 2 END, 2)
pow(CASE a WHEN 1 THEN 2 END, 2)
pow(a IS NULL, NOT f)
pow(a BETWEEN 1 AND 2, s LIKE 'x' ESCAPE '!')
pow(s NOT ILIKE 'x', s NOT SIMILAR TO 'y')
pow(a IN (1, 2), a NOT IN (3))
pow(sum(a), count(*))
pow(sum(DISTINCT a) FILTER (WHERE f), 2)
pow(first_value(a ORDER BY b DESC) IGNORE NULLS, 2)
pow(sum(a) OVER (PARTITION BY c ORDER BY b ROWS 2 PRECEDING), 2)
pow(row_number() OVER (ORDER BY a), 2)
pow(lag(a) IGNORE NULLS OVER (ORDER BY a), 2)
pow(l[1], st['x'])
pow($1, a)
pow(INTERVAL '1 day', DATE '2020-01-01')
pow(X'ff01', NULL)
pow(true, 'x"y')
pow(a OR c, (a OR c) AND f)
pow(a = 1 OR (f AND f), a < 1 = f)
pow(pow(a, 2), 3)
pow(TRY_CAST(s AS DECIMAL(10, 2)), s::bytea)
pow(l::int[], st::struct<x int>)
pow([1, 2], {'k': 1})
pow(a ^ c, a // c)
trim(s)
TRIM(s)
TRIM(BOTH FROM s)
TRIM(BOTH 'x' FROM s)
TRIM(LEADING 'x' FROM s)
TRIM(TRAILING 'x' FROM s)
TRIM('x' FROM s)
TRIM(s, 'x')
TRIM(LEADING s)
btrim(s)
ltrim(s)
length(s)
char_length(s)
character_length(s)
substr(s, 1)
substr(s, 1, 2)
substring(s, 1, 2)
SUBSTRING(s FROM 1 FOR 2)
SUBSTRING(s FROM 2)
SUBSTRING(s FOR 2)
substr(str => s, start_pos => 1)
substr(s, length => 2, start_pos => 1)
SUBSTR(s, START_POS := 1)
position('x' IN s)
POSITION('x' IN s || 'y')
position(s, 'x')
strpos(s, 'x')
instr(s, 'x')
OVERLAY(s PLACING 'x' FROM 1)
OVERLAY(s PLACING 'x' FROM 1 FOR 2)
overlay(s, 'x', 1)
CEIL(b)
FLOOR(b)
ceil(b + 1)
EXTRACT(YEAR FROM ts)
EXTRACT(year FROM ts)
EXTRACT(MONTH FROM d)
EXTRACT(DAY FROM d)
EXTRACT(DOW FROM d)
EXTRACT(EPOCH FROM ts)
EXTRACT(MILLISECOND FROM ts)
EXTRACT(week FROM ts)
EXTRACT(WEEK(monday) FROM ts)
EXTRACT(Quarter FROM ts)
EXTRACT(isoyear FROM ts)
EXTRACT(Foo FROM ts)
EXTRACT('year' FROM ts)
EXTRACT(year, ts)
date_part('year', ts)
datepart('year', ts)
date_trunc('month', ts)
now()
current_timestamp
current_timestamp()
CURRENT_DATE
current_date()
CURRENT_TIME
today()
to_timestamp(s)
to_timestamp(s, '%Y')
coalesce(a, c, 1)
nullif(a, 0)
nvl(a, 1)
ifnull(a, 1)
greatest(a, c)
concat(s, v, 'x')
concat_ws(',', s, v)
arrow_cast(a, 'Int16')
arrow_typeof(a)
random()
uuid()
pi()
regexp_like(s, 'x')
abs(1)(2)
sqrt(*)
abs(a) OVER ()
abs(DISTINCT a)
[1, 2]
[]
ARRAY[1, 2]
ARRAY[]
[[1], [2, 3]]
[a, a + 1]
make_array(1, 2)
make_list(1, 2)
array_append(l, 1)
list_append(l, 1)
array_length(l)
l[1]
l[-1]
l[a]
l[1:2]
l[1:2:3]
l[a:a + 1]
ll[1][2]
[1, 2, 3][1]
make_array(1)[1]
st['x']
st['y']['z']
st.x
st.y.z
st."x"
m['k']
m[s]
map(['k'], [1])
map('k', 1)
MAP {'k': 1, 'j': 2}
MAP {}
map(l, l)
map(ls, l)
make_map('k', 1)
map_keys(m)
{'a': 1, 'b': s}
{a: 1}
{}
{fn abs(a)}
{d '2020-01-01'}
{ts '2020-01-01 00:00:00'}
{t '10:00:00'}
struct(a, c)
struct(a AS x, c AS "Y")
STRUCT(a AS x, c)
STRUCT(1)
row(a, c)
named_struct('x', a)
(a, c)
(1, 'x')
(st.x, 1)
get_field(st, 'x')
count(*)
COUNT(*)
count((*))
count()
count(1)
count(a)
count(DISTINCT a)
count(DISTINCT *)
count(ALL a)
count(*) FILTER (WHERE a > 1)
sum(a)
sum(a) FILTER (WHERE f)
sum(DISTINCT a)
sum(a ORDER BY b)
sum(a ORDER BY 1)
sum(a ORDER BY 2 DESC)
sum(a ORDER BY b DESC NULLS LAST, c ASC NULLS FIRST)
sum(*)
sum(a) + count(*)
avg(b)
mean(b)
min(a)
max(a)
median(b)
stddev(b)
stddev_samp(b)
var(b)
var_samp(b)
covar(a, b)
corr(a, b)
corr(y => a, x => b)
array_agg(a)
array_agg(a ORDER BY b)
array_agg(DISTINCT a)
array_agg(a) IGNORE NULLS
array_agg(a)[1]
array_agg(a ORDER BY b)[2]
first_value(a)
first_value(a ORDER BY b)
first_value(a) IGNORE NULLS
first_value(a IGNORE NULLS)
last_value(a) RESPECT NULLS
nth_value(a, 2)
string_agg(s, ',')
string_agg(s, ',' ORDER BY a)
bool_and(f)
bit_xor(a)
approx_distinct(a)
approx_percentile_cont(b, 0.5)
approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY b)
approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY b DESC)
percentile_cont(0.5) WITHIN GROUP (ORDER BY b)
percentile_cont(b, 0.5 ORDER BY b)
quantile_cont(b, 0.5)
quantile_cont(0.5) WITHIN GROUP (ORDER BY b)
approx_percentile_cont_with_weight(a, 0.5) WITHIN GROUP (ORDER BY b)
any_value(a)
grouping(a)
sum(a) OVER ()
sum(a) OVER (PARTITION BY c)
sum(a) OVER (PARTITION BY c, d ORDER BY b)
sum(a) OVER (ORDER BY b DESC)
sum(a) OVER (PARTITION BY 1, c ORDER BY 1)
sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
sum(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
sum(a) OVER (ORDER BY b ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
sum(a) OVER (ORDER BY b ROWS 2 PRECEDING)
sum(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING)
sum(a) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
sum(a) OVER (ORDER BY b RANGE BETWEEN 1 PRECEDING AND 2.5 FOLLOWING)
sum(a) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND INTERVAL '2 hours' FOLLOWING)
sum(a) OVER (ORDER BY ts RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW)
sum(a) OVER (RANGE UNBOUNDED PRECEDING)
sum(a) OVER (ORDER BY b ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED PRECEDING)
sum(a) OVER (RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
sum(a) OVER (ORDER BY b GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
sum(a) OVER (ORDER BY b ROWS '3' PRECEDING)
sum(a) FILTER (WHERE f) OVER (ORDER BY b)
sum(DISTINCT a) OVER (ORDER BY b)
count(*) OVER ()
count() OVER (PARTITION BY c)
count(*) OVER (PARTITION BY c ORDER BY b DESC)
count(*) FILTER (WHERE f) OVER (PARTITION BY a + 1 ORDER BY CAST(a AS INT) ROWS 1 PRECEDING)
count(DISTINCT a) OVER (ORDER BY b)
mean(b) OVER (ORDER BY a)
row_number() OVER ()
row_number() OVER (ORDER BY a)
rank() OVER (ORDER BY a)
dense_rank() OVER (ORDER BY a)
percent_rank() OVER (PARTITION BY c ORDER BY a)
cume_dist() OVER (ORDER BY a)
ntile(4) OVER (ORDER BY a)
lag(a) OVER (ORDER BY a)
lag(a, 1, 0) OVER (ORDER BY a)
lead(a, 2) OVER (PARTITION BY c ORDER BY a)
lead(expr => a, offset => 2) OVER (ORDER BY a)
lag(a) IGNORE NULLS OVER (ORDER BY a)
lag(a IGNORE NULLS) OVER (ORDER BY a)
first_value(a) OVER (ORDER BY b)
first_value(a) IGNORE NULLS OVER (ORDER BY b)
last_value(a) OVER (ORDER BY b)
nth_value(a, 2) OVER (ORDER BY b)
$1
$2 + 1
$1 + a
a + $1
a > $1
$1 = $2
$name = s
:name = a
? = a
a BETWEEN $1 AND $2
a IN ($1, $2, 3)
s LIKE $1
$1 LIKE s
d = $1
tz > $1
l = $1
st = $1
CAST($1 AS INT) + a
a + 1 > $1
b * 2 > $1
abs($1)
sqrt($1) > b
CASE WHEN $1 THEN a END
sum($1)
ts AT TIME ZONE 'UTC'
ts AT TIME ZONE 'America/New_York' > tz
s::timestamp AT TIME ZONE '+02:00'
a = ANY(l)
a <> ANY(l)
a < ANY(l)
a <= ANY(l)
a > ANY(l)
a >= ANY(l)
a = SOME([1, 2])
a = ALL(l)
a <> ALL(l)
a < ALL(l)
a <= ALL(l)
a > ALL(l)
a >= ALL(l)
a + 1 = ANY(make_array(1, 2))
unnest(l)
unnest(st)
unnest([1, 2])
unnest_outer(l)
unnest(l) + 1
s:k
s:k.j
s:"K"
a AS x
a + 1 AS total
a AS "X y"
a AS X
a AS select
count(*) AS n
pow(a, 2) AS p
a /* comment */ + /* nested /* one */ */ 1
a -- to the end
   a	+	1
a+1
a>=1
-a+-1
a- -1
a*-1
a<-1
s~'x'
f and f
Not f
iS_nAn(b)
isnan(b)
f OR NOT f = f
NOT a = 1
- a * c
-(a * c)
a * - c
a AND f
f::int = 1
'1' = a
d > '2020-01-01'
ts > TIMESTAMP '2020-01-01' AND ts < TIMESTAMP '2021-01-01'
extract(year from d) = 2020 and a in (1,2) or s like '%x%'
(((a)))
((a + 1)) * ((2))
md5(s)
encode(bin, 'hex')
left(s, 2)
right(s, 2)
replace(s, 'a', 'b')
date_bin(INTERVAL '1 day', ts)
to_char(ts, '%Y')
date_format(ts, '%Y')
element_at(m, 'k')
cardinality(m)
array_element(l, 1)
list_slice(l, 1, 2)
flatten(ll)
range(1, 5)
generate_series(1, 5)
array_to_string(l, ',')
string_to_array(s, ',')
trunc(b)
round(b, 2)
log(2, b)
signum(b)
iszero(b)
nanvl(b, 1.0)
factorial(a)
gcd(a, c)
levenshtein(s, v)
starts_with(s, 'x')
contains(s, 'x')
split_part(s, ',', 1)
initcap(s)
version()
coalesce(s, 'x') || 'y'
nvl(s, 'x') || 'y'
min(s) || 'x'
coalesce(a, 1)::timestamp
first_value(a)::timestamp
lag(a) OVER (ORDER BY b)::timestamp
CASE WHEN f THEN NULL ELSE a END::timestamp
(CASE WHEN f THEN NULL ELSE l END) || 1
array_append(l, 1) || 2
array_agg(a) || l
string_to_array(s, ',')[1] || 'x'
unnest(ll) || 1
l[1] || 'x'
ll[1][1]::timestamp
a.b.c.d.e.f
SUBSTRING()
CASE(1)
substr(s, 1, 2, 3)
ceil(a, b)
position(s)
"""

REFUSED = """
a +
+ * a
a a
a 1
1a
1_000
(a
a)
a, c
()
[1, 2
l[
l[]
l[:2]
l[1:]
l[:]
'open
"open
$$open
/* open
a IN ()
a IN
a BETWEEN 1
a BETWEEN 1 OR 2
CASE END
CASE WHEN f END
CASE WHEN f THEN 1
CAST(a)
CAST(a AS)
CAST(a AS nosuch)
CAST(a AS JSON)
CAST(a AS UUID)
CAST(a AS BLOB)
CAST(a AS NVARCHAR)
CAST(a AS CHARACTER VARYING)
CAST(a AS CHARACTER(3))
CAST(a AS CHAR VARYING)
CAST(a AS MEDIUMINT)
CAST(a AS DEC(3,1))
CAST(a AS DECIMAL(0))
CAST(a AS DECIMAL(80))
CAST(a AS DECIMAL(5, 6))
CAST(a AS DECIMAL UNSIGNED)
CAST(a AS DOUBLE(5,2))
CAST(a AS FLOAT UNSIGNED)
CAST(a AS DATETIME)
CAST(a AS TIMESTAMP(4))
CAST(a AS TIME(3))
CAST(a AS TIME WITH TIME ZONE)
CAST(a AS TIMETZ)
CAST(a AS TIMESTAMP WITH)
CAST(a AS INTERVAL DAY)
CAST(a AS INTERVAL DAY TO SECOND)
CAST(a AS INTERVAL(3))
CAST(a AS INT64)
CAST(a AS UINT8)
CAST(a AS FLOAT32)
CAST(a AS BINARY)
CAST(a AS VARBINARY(3))
CAST(a AS MAP(TEXT, INT))
CAST(a AS ARRAY)
CAST(l AS ARRAY<INT)
CAST(a AS STRUCT<)
CAST(a AS INT ARRAY)
CAST(a AS INT FORMAT 'x')
CAST(a AS INT[x])
CAST(a AS TEXT(5))
CAST(a AS ENUM('x'))
CAST(a AS SET('x'))
CAST(a AS BIT)
CAST(a AS REGCLASS)
CAST(a AS UNSIGNED)
CONVERT(a, INT)
a::
a::nosuch
a::int::nosuch
INT 5
DATE 5
DATE TRUE
XML '<a/>'
INTERVAL
INTERVAL 'x'
INTERVAL '1 fortnight'
INTERVAL '1 day 2 days'
INTERVAL '1' DAY TO SECOND
INTERVAL '1' DAY (3)
INTERVAL '1' SECOND (2, 3)
INTERVAL (1 + 1) DAY
INTERVAL a DAY
INTERVAL '1..5 days'
INTERVAL '1 year  2 days'
INTERVAL ''
INTERVAL '9999999999 days'
INTERVAL '99999999999999999999 seconds'
INTERVAL '1.1234567890123456 days'
nosuch
nosuch + 1
Upper
UPPER
with space
"A"
t.a
nosuch.a
sum(nosuch)
nosuch(a)
no.such(a)
"ABS"(a)
row_number()
lag(a)
rank(a)
abs(a
abs(,a)
abs(a,)
abs(a => 1)
substr(nosuch => 1)
substr(s, str => s)
substr(str => s, 1)
substr(str => s, str => s)
substr(length => 2)
sum(x => a)
sum(a) IGNORE NULLS
count(*) IGNORE NULLS
min(a) RESPECT NULLS
first_value(a) IGNORE
sum(a) WITHIN GROUP (ORDER BY b)
array_agg(a) WITHIN GROUP (ORDER BY b)
percentile_cont(0.5) WITHIN GROUP (ORDER BY a, b)
percentile_cont(0.5) WITHIN GROUP (a)
percentile_cont(0.5 ORDER BY b) WITHIN GROUP (ORDER BY b)
percentile_cont(0.5) WITHIN GROUP (ORDER BY b) OVER ()
sum(a ORDER BY b) OVER ()
sum(a ORDER BY 0)
sum(a ORDER BY 99)
sum(a ORDER BY 1.5)
sum(a LIMIT 1)
array_agg(a HAVING MAX b)
string_agg(s SEPARATOR ',')
listagg(s ON OVERFLOW ERROR)
sum(a) OVER
sum(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW)
sum(a) OVER (ORDER BY b ROWS BETWEEN CURRENT ROW AND UNBOUNDED PRECEDING)
sum(a) OVER (ORDER BY b ROWS -1 PRECEDING)
sum(a) OVER (ORDER BY b ROWS a PRECEDING)
sum(a) OVER (ORDER BY b ROWS 1.5 PRECEDING)
sum(a) OVER (RANGE 1 PRECEDING)
sum(a) OVER (ORDER BY a, b RANGE 1 PRECEDING)
sum(a) OVER (ORDER BY b RANGE a PRECEDING)
sum(a) OVER (GROUPS 1 PRECEDING)
sum(a) OVER (ORDER BY b ROWS 1)
sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING)
sum(a) OVER (ORDER BY b FRAME)
sum(a) OVER (PARTITION c)
abs(a) OVER w x
nosuch(a) OVER ()
(SELECT a FROM t)
EXISTS (SELECT 1)
NOT EXISTS (SELECT 1)
EXISTS
a IN (SELECT 1)
a NOT IN (SELECT a FROM t)
a = ANY(SELECT 1)
a = ALL(SELECT 1)
ARRAY(SELECT 1)
SELECT 1
SELECT
WITH x AS (SELECT 1) SELECT 1
CREATE TABLE x
COPY x TO 'y'
EXPLAIN a
array_transform(l, x -> x + 1)
array_filter(l, x -> x > 1)
array_transform(l, (x) -> x)
array_any_match(l, 1)
array_transform(l)
any_match(l)
~a
!f
a !
|/ a
||/ a
@ a
@a
@@a
a # 3
a && c
a ^@ s
a := 1
a OVERLAPS c
a OPERATOR(+) c
a DIV 2
a MATCH c
a MEMBER OF (c)
a COLLATE x
s RLIKE 'x'
s REGEXP 'x'
s LIKE ANY ('x')
s LIKE 'x' ESCAPE 'ab'
s LIKE 'x' ESCAPE ''
s LIKE 'x' ESCAPE 'é'
s LIKE 'x' ESCAPE 1
s SIMILAR 'x'
s NOT 'x'
NOT
NOT a
NOT s
NOT 1
-s
-f
-u
-'x'
+s
+f
+NULL
- DATE '2020-01-01'
IS NULL
a IS
a IS 1
a IS NOT
a IS NFC NORMALIZED
f IS DISTINCT
a AT TIME ZONE s
a AT ZONE 'x'
a AT TIME ZONE 1
U&'x'
N'x'
B'01'
R'x'
Q'[x]'
X'zz'
E'\\x00'
E'\\u00'
_utf8 'x'
$0
a = ?0
SUBSTRING(s)
TRIM()
TRIM(LEADING 'x' s)
TRIM
OVERLAY(s PLACING 'x')
POSITION('x' IN)
CEIL(b TO DAY)
FLOOR(b TO YEAR)
CEIL(b, 2)
FLOOR(b, 2)
EXTRACT(FROM ts)
EXTRACT(year ts)
EXTRACT(1 FROM ts)
struct()
STRUCT
STRUCT<a INT>(1)
struct(a AS)
(a + 1, 2)
(abs(a), 2)
{'a'}
{'a': }
{1: 2}
MAP {1}
map()
map('k')
map('k', 1, 'j')
make_map('k')
abs(a).x
l[1].x
st.x.1
st.*
*
a.*
count(t.*)
count(* EXCLUDE (a))
unnest(a)
unnest(1)
unnest()
unnest(l, l)
unnest(NULL)
a ; c
a ;
a \\ c
€
a AS
a AS 1
a AS x y
a x
,
.
..
a..b
a =
= a
a = = b
a ==== b
a <> <> b
f AND
AND f
f OR OR f
a BETWEEN AND 2
sqrt(
sqrt)
sum(DISTINCT)
count(DISTINCT ALL a)
sum(a) FILTER (WHERE)
sum(a) FILTER (WHERE f
a:
a:1
"""

# Random texts that the engine refuses fail its check of argument types, which dfx doesn't do but for
# unary operators: they are listed as `laxer`.

# What dfx refuses though the engine takes it: it drops named windows in silence, reads hints as SQL, wraps a precision beyond 255,
# plans queries, which no expression payload should
# carry, and takes lists for a key and a value where their types don't check.
STRICTER = """
sum(a) OVER w
sum(a) OVER (w)
sum(a) OVER (w ORDER BY b)
CAST(a AS DECIMAL(300))
a:b[1]
a:[1]
(SELECT 1)
st.x /*! + 1 */
map(['k'], [1 @> l])
"""


# Against a session with a UDF of each family, registered under these names and sent by name.
UDFS = {"my_udf": "scalar", "my_sum": "aggregate", "my_rank": "window", "Quoted": "scalar", "abs": "aggregate", "max": "scalar"}
UDF_TEXTS = """
my_udf(a) + 1
MY_UDF(a)
"my_udf"(a)
"Quoted"(a)
my_udf(my_udf(a)) > sqrt(b)
my_sum(a)
my_sum(DISTINCT a) FILTER (WHERE f)
my_sum(a ORDER BY b)
my_sum(a) OVER (PARTITION BY c ORDER BY b)
my_rank(a) OVER (ORDER BY b ROWS 1 PRECEDING)
abs(a)
max(a)
pow(my_udf(a), my_sum(b))
"""


def random_texts(count):
    """Nested combinations of every kind, from a fixed seed."""
    rng = random.Random(20240517)
    number = ["a", "b", "c", "1", "2.5", "-3", "dec", "st.x", "l[1]", "m['k']", '"Upper"', "18446744073709551615"]
    text = ["s", "v", "'x'", "'it''s'", "st.y.z", "user"]
    truth = ["f", "true", "NULL", "a > 1"]
    when = ["ts", "d", "DATE '2020-01-01'", "now()", "tz"]

    def num(depth):
        if depth <= 0:
            return rng.choice(number)
        pick = rng.randrange(16)
        if pick < 4:
            return f"{num(depth - 1)} {rng.choice(['+', '-', '*', '/', '%'])} {num(depth - 1)}"
        if pick == 4:
            return f"({num(depth - 1)} {rng.choice(['+', '-', '*'])} {num(depth - 1)}) {rng.choice(['+', '-', '*'])} {num(depth - 1)}"
        if pick == 5:
            return f"{rng.choice(['abs', 'sqrt', 'ceil', 'floor', 'round', 'trunc', 'exp', 'ln'])}({num(depth - 1)})"
        if pick == 6:
            return f"{rng.choice(['pow', 'atan2', 'log'])}({num(depth - 1)}, {num(depth - 1)})"
        if pick == 7:
            return f"-({num(depth - 1)})"
        if pick == 8:
            return f"CAST({num(depth - 1)} AS {rng.choice(['INT', 'DOUBLE', 'BIGINT', 'DECIMAL(12,3)', 'SMALLINT UNSIGNED'])})"
        if pick == 9:
            return f"CASE WHEN {boolean(depth - 1)} THEN {num(depth - 1)} ELSE {num(depth - 1)} END"
        if pick == 10:
            return f"({num(depth - 1)})::{rng.choice(['float', 'int8', 'real'])}"
        if pick == 11:
            return f"{rng.choice(['length', 'char_length', 'octet_length', 'ascii'])}({string(depth - 1)})"
        if pick == 12:
            return f"extract({rng.choice(['year', 'Day', 'EPOCH'])} FROM {rng.choice(when)})"
        if pick == 13:
            return f"{rng.choice(['sum', 'avg', 'min', 'mean', 'var'])}({num(depth - 1)}) FILTER (WHERE {boolean(depth - 1)})"
        if pick == 14:
            return f"sum({num(depth - 1)}) OVER (PARTITION BY {string(depth - 1)} ORDER BY {num(depth - 1)} {rng.choice(['', 'DESC'])})"
        return f"coalesce({num(depth - 1)}, {num(depth - 1)})"

    def string(depth):
        if depth <= 0:
            return rng.choice(text)
        pick = rng.randrange(7)
        if pick == 0:
            return f"{string(depth - 1)} || {string(depth - 1)}"
        if pick == 1:
            return f"{rng.choice(['upper', 'lower', 'trim', 'reverse', 'initcap'])}({string(depth - 1)})"
        if pick == 2:
            return f"substring({string(depth - 1)} FROM {num(depth - 1)} FOR {num(depth - 1)})"
        if pick == 3:
            return f"CAST({num(depth - 1)} AS {rng.choice(['TEXT', 'VARCHAR(5)', 'STRING'])})"
        if pick == 4:
            return f"concat({string(depth - 1)}, {num(depth - 1)})"
        if pick == 5:
            return f"CASE {num(depth - 1)} WHEN {num(depth - 1)} THEN {string(depth - 1)} END"
        return f"replace({string(depth - 1)}, {string(depth - 1)}, 'y')"

    def boolean(depth):
        if depth <= 0:
            return rng.choice(truth)
        pick = rng.randrange(12)
        if pick < 3:
            return f"{num(depth - 1)} {rng.choice(['=', '<', '>', '<=', '>=', '<>', '!='])} {num(depth - 1)}"
        if pick == 3:
            return f"{boolean(depth - 1)} {rng.choice(['AND', 'OR'])} {boolean(depth - 1)}"
        if pick == 4:
            return f"({boolean(depth - 1)} {rng.choice(['AND', 'OR'])} {boolean(depth - 1)}) {rng.choice(['AND', 'OR'])} {boolean(depth - 1)}"
        if pick == 5:
            return f"NOT ({boolean(depth - 1)})"
        if pick == 6:
            return f"{string(depth - 1)} {rng.choice(['LIKE', 'NOT LIKE', 'ILIKE', '~', '!~*'])} {string(0)}"
        if pick == 7:
            return f"({num(depth - 1)}) {rng.choice(['BETWEEN', 'NOT BETWEEN'])} {num(0)} AND {num(0)}"
        if pick == 8:
            return f"({num(depth - 1)}) {rng.choice(['IN', 'NOT IN'])} ({num(0)}, {num(depth - 1)}, {num(0)})"
        if pick == 9:
            return f"({num(depth - 1)}) IS {rng.choice(['NULL', 'NOT NULL'])}"
        if pick == 10:
            return f"({boolean(depth - 1)}) IS {rng.choice(['TRUE', 'NOT FALSE', 'UNKNOWN'])}"
        return f"{string(depth - 1)} IS DISTINCT FROM {string(depth - 1)}"

    made = []
    while len(made) < count:
        made.append(rng.choice([num, string, boolean])(rng.choice([1, 2, 2, 3])))
    return [one for one in dict.fromkeys(made) if len(one) < 400]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def encode_varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def without_relations(data, message):
    """The bytes of `message` with the relation of every column taken off. `TREE` says which fields hold expressions."""
    out = bytearray()
    at = 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            _, at = varint(data, at)
        elif wire == 1:
            at += 8
        elif wire == 5:
            at += 4
        else:
            size, at = varint(data, at)
            inner = TREE.get((message, field))
            if (message, field) == ("Column", 2):
                at += size
                continue
            if inner is not None:
                content = without_relations(data[at : at + size], inner)
                at += size
                out += encode_varint(tag) + encode_varint(len(content)) + content
                continue
            at += size
        out += data[start:at]
    return bytes(out)


EXPR = "Expr"
# Message and field number to message: the paths of datafusion.proto (crate datafusion-proto-models 55.2.0) to a column.
TREE = {
    (EXPR, 1): "Column",
    (EXPR, 2): "Alias",
    ("Alias", 1): EXPR,
    (EXPR, 4): "Binary",
    ("Binary", 1): EXPR,
    **{(EXPR, number): "One" for number in (6, 7, 8, 11, 13, 17, 25, 26, 27, 28, 29, 30, 35)},
    ("One", 1): EXPR,
    (EXPR, 9): "Between",
    ("Between", 1): EXPR,
    ("Between", 3): EXPR,
    ("Between", 4): EXPR,
    (EXPR, 10): "Case",
    ("Case", 1): EXPR,
    ("Case", 2): "WhenThen",
    ("Case", 3): EXPR,
    ("WhenThen", 1): EXPR,
    ("WhenThen", 2): EXPR,
    (EXPR, 14): "InList",
    ("InList", 1): EXPR,
    ("InList", 2): EXPR,
    (EXPR, 18): "Window",
    ("Window", 4): EXPR,
    ("Window", 5): EXPR,
    ("Window", 6): "Sort",
    ("Window", 13): EXPR,
    ("Sort", 1): EXPR,
    (EXPR, 19): "Aggregate",
    ("Aggregate", 2): EXPR,
    ("Aggregate", 3): EXPR,
    ("Aggregate", 4): "Sort",
    (EXPR, 20): "Scalar",
    ("Scalar", 2): EXPR,
    **{(EXPR, number): "Like" for number in (31, 32, 33)},
    ("Like", 2): EXPR,
    ("Like", 3): EXPR,
}


def session_with_udfs():
    from datafusion import Accumulator, udaf, udf, udwf
    from datafusion.user_defined import WindowEvaluator

    class Sum(Accumulator):
        def update(self, values): ...
        def merge(self, states): ...
        def state(self):
            return [pa.scalar(1)]

        def evaluate(self):
            return pa.scalar(1)

    class Rank(WindowEvaluator):
        def evaluate_all(self, values, num_rows):
            return values[0]

    ctx = SessionContext().with_python_udf_inlining(enabled=False)
    int64 = pa.int64()
    for name, family in UDFS.items():
        if family == "scalar":
            ctx.register_udf(udf(lambda x: x, [int64], int64, "immutable", name))
        elif family == "aggregate":
            ctx.register_udaf(udaf(Sum, [int64], int64, [int64], "immutable", name))
        else:
            ctx.register_udwf(udwf(Rank, [int64], int64, "immutable", name))
    return ctx


def lines(block):
    return [line for line in block.split("\n") if line.strip()]


def main():
    ctx = SessionContext()
    table = ctx.from_arrow(pa.table(COLUMNS), name="t")
    frame = table.select(*[table.parse_sql_expr(f'"{name}" AS "{name}"') for name in COLUMNS])
    types = frame.select(*[frame.parse_sql_expr(f'arrow_typeof("{name}")').alias(name) for name in COLUMNS]).to_pylist()[0]

    operators = set()

    def planned(source, text):
        try:
            return source.parse_sql_expr(text).to_bytes(ctx)
        except BaseException as error:  # the engine panics on some texts
            if isinstance(error, KeyboardInterrupt):
                raise
            if "Unary operator" in str(error):
                operators.add(text)
            print(f"refused: {text}: {str(error)[:160]!r}", file=sys.stderr)
            return None

    equal, refused, named, stricter, laxer = [], [], 0, [], []
    chosen = set(lines(TEXTS) + lines(REFUSED))
    for text in dict.fromkeys([*lines(TEXTS), *random_texts(500), *lines(REFUSED)]):
        data = planned(frame, text)
        if data is None:
            (refused if text in chosen | operators else laxer).append(text)
            continue
        again = planned(table, text)
        off = None if again is None else without_relations(again, EXPR)
        if off != data:
            if off is None or b"t." not in off:
                raise SystemExit(f"the relation matters beyond names: {text}")
            named += 1
        equal.append([text, data.hex()])
    for text in lines(STRICTER):
        if planned(frame, text) is None:
            raise SystemExit(f"the engine refuses it too: {text}")
        stricter.append(text)
    print(f"{len(equal)} planned ({named} with the table in a derived name), {len(refused)} refused", file=sys.stderr)
    lines_out = ['{\n"maker": "test/expr/sql/make_texts.py", "engine": "python:55.0.0",', '"schema": [']
    lines_out.append(",\n".join(json.dumps([name, types[name]], ensure_ascii=False) for name in COLUMNS))
    udf_ctx = session_with_udfs()
    table = udf_ctx.from_arrow(pa.table(COLUMNS), name="t")
    frame = table.select(*[table.parse_sql_expr(f'"{name}" AS "{name}"') for name in COLUMNS])
    by_name = [[text, frame.parse_sql_expr(text).to_bytes(udf_ctx).hex()] for text in lines(UDF_TEXTS)]
    for key, items in (("udfs", list(map(list, UDFS.items()))), ("byName", by_name), ("planned", equal), ("refused", refused), ("stricter", stricter), ("laxer", laxer)):
        lines_out.append(f'],\n"{key}": [')
        lines_out.append(",\n".join(json.dumps(item, ensure_ascii=False) for item in items))
    print("\n".join(lines_out) + "\n]\n}")


main()

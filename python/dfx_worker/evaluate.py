"""Runs one job: decodes its expressions, reads its part of the input, sends the result as Arrow messages."""

import itertools
import json
import sys
import time

import pyarrow as pa
from datafusion import Expr, functions

from dfx_worker import direct, failures, inputs, partial, parts, places, sandbox, streaming
from dfx_worker.results import Head, ResultSink


# The plan of the jobs that bring a batch each.
held = streaming.Held()

# Aggregates of which is known that their states can be merged.
mergeable = set()

# Plans that stay open, of which is known that a UDF in them gives other types than it declares.
doubted = set()

# Results of other types than declared that stderr has heard of.
told = set()

# What --register gives, once some job asks for it.
registry = None

NOTHING_READ = {"rows": 0, "bytes": 0, "start": 0, "end": 0, "lines": 0}


class Failed(Exception):
    """The job failed; `fields` go into the `failed` message, `body` behind it."""

    def __init__(self, fields, body=b""):
        super().__init__(fields["message"])
        self.fields = fields
        self.body = body


def run(channel, job, body, payloads, watch):
    """Evaluates `job` and sends its schema, `result` frames and `done`; raises Failed."""
    allow(job, watch)
    sink = None
    started = time.perf_counter()
    if isinstance(body, streaming.Brought):
        done, sink = run_open(channel, job, body, payloads, watch, started)
        if done:
            return
        body = body.body
    ctx = session(job, watch, 1 if job["mode"] in ("rows", "value") else 2)
    decoder = ctx.with_python_udf_inlining(enabled=watch.inline_code)
    try:
        expressions = [decode(decoder, payloads, column["payload"], watch) for column in job["columns"]]
        chosen = job.get("filter")
        condition = None if chosen is None else decode(decoder, payloads, chosen["payload"], watch)
        if job["mode"] == "merge":
            opened = time.perf_counter()
            sink = send_merged(channel, job, ctx, body, expressions, condition, watch)
            return send_done(channel, job, sink, NOTHING_READ, started, opened, watch)
        with inputs.opened_input(ctx, job, body) as source:
            check_columns(source.frame, job.get("reads", ()))
            opened = time.perf_counter()
            if job["mode"] == "partial":
                sink = send_states(channel, job, ctx, source, expressions, condition, watch)
            else:
                sink = send_result(channel, job, source, expressions, condition, watch, sink)
            # The engine doesn't say how many rows it read, and counting them would be another plan.
            counted = job["mode"] == "rows" and condition is None and job.get("limit") is None
            read = source.report(sink.rows if counted else None)
    except inputs.InputError as error:
        raise Failed(failures.placed(failures.reading_failure(error), job)) from None
    send_done(channel, job, sink, read, started, opened, watch)


def send_done(channel, job, sink, read, started, opened, watch):
    finished = time.perf_counter()
    tell_mistyped(watch)
    channel.send(
        {
            "type": "done",
            "job": job["job"],
            "rows": sink.rows,
            "batches": sink.batches,
            "read": read,
            "seconds": {"open": opened - started, "evaluate": finished - opened},
            "at": {"started": started, "finished": finished},
        }
    )


def plan_ahead(job, body, payloads, watch):
    """Makes the plan of the jobs to come, while their first batches are on their way. What keeps it from being made is told when they are there."""
    if not streaming.brings_batches({**job, "inBody": True}):
        return
    allow(job, watch)
    try:
        schema = pa.ipc.read_schema(pa.py_buffer(body))
        plan_of(job, streaming.Brought(body, streaming.key_of(job), schema, [], True), payloads, watch)
    except Exception:
        pass


def allow(job, watch):
    """Begins with a job. Both bars: the session that opens no frame, and the unpickler that is never reached."""
    watch.clear(job)
    watch.inline_code = job.get("inlineCode") is True and sandbox.trusted()


def plan_of(job, brought, payloads, watch):
    """What gives the results of a job that brings batches, from job to job (streaming.Held.plan_for)."""

    def planned_over(ctx, table, keep):
        """The query, and of each expression (the expression, what its frames held)."""
        decoder = ctx.with_python_udf_inlining(enabled=watch.inline_code)
        decoded = []
        for column in job["columns"]:
            known = len(watch.udfs)
            decoded.append((decode(decoder, payloads, column["payload"], watch), watch.udfs[known:]))
        expressions = [expression for expression, _ in decoded]
        return planned_frame({**job, "keep": keep}, inputs.named_table(table, job), expressions, None), decoded

    def frame_of(feed):
        ctx = session(job, watch)
        return planned_over(ctx, ctx.read_table(feed), job.get("keep", ()))[0]

    def direct_of(schema):
        ctx = session(job, watch)
        table = ctx.create_dataframe([[]], schema=schema)
        frame, decoded = planned_over(ctx, table, ())
        # A column that is kept goes through as it is.
        kept = [table.schema().field(name) for name in job.get("keep", ())]
        return direct.direct_of(job, schema, pa.schema([*kept, *frame.schema()]), decoded, watch)

    plan = held.plan_for(job, brought, direct_of, frame_of)
    if plan is not None:
        plan.head = plan.head or Head(named(plan.schema, job))
    return plan


def run_open(channel, job, brought, payloads, watch, started):
    """A job that brings a batch for a plan that stays open: whether it is done, and where it isn't, a sink with the first of its rows or None."""
    cut = brought.batches
    if not cut or brought.key in doubted:
        return False, None
    try:
        plan = plan_of(job, brought, payloads, watch)
    except Exception:
        # Whatever keeps it from being planned is told where every job is.
        return False, None
    if plan is None:
        return False, None
    opened = time.perf_counter()
    sink = None
    watch.fragile = True
    try:
        sink = ResultSink(channel, job["job"], plan.head, job.get("flush") is True)
        for batch, (passing, columns) in zip(cut, plan.results(brought)):
            sink.write_columns(passing, columns, batch.num_rows)
        sink.flush(more=True)
    except BaseException as error:
        held.close()
        if watch.doubted:
            # The engine may take it or panic: here, where it reads a C stream, that would end the process.
            doubted.add(brought.key)
            watch.clear(job)
            return False, sink
        source = inputs.Source(None, lengths=[batch.num_rows for batch in cut])
        raise Failed(failures.placed(failure_of(error, watch, job, source, sink and sink.rows), job)) from None
    finally:
        watch.fragile = False
    rows = sum(batch.num_rows for batch in cut)
    read = {"rows": rows, "bytes": len(brought.body) - job.get("schemaBytes", 0), "start": 0, "end": 0, "lines": 0}
    send_done(channel, job, sink, read, started, opened, watch)
    return True, None


def tell_mistyped(watch):
    """What the engine took is none the less not what was declared, and another expression may not bear it."""
    noted = watch.mistyped
    if noted is not None and (noted.name, noted.message) not in told:
        told.add((noted.name, noted.message))
        print(f"dfx: the {noted.family} UDF {json.dumps(noted.name)}: {noted.message}; DataFusion took it", file=sys.stderr, flush=True)


def session(job, watch, partitions=1):
    """A session for the job, with what --register gives."""
    ctx = inputs.session(job.get("batchSize", 8192), partitions)
    path = job.get("register")
    if path is not None:
        # What nobody asks for costs no import.
        from dfx_worker import registered

        global registry
        try:
            registry = registry or registered.Registered()
            registry.into(ctx, path, watch)
        except registered.Unusable as error:
            raise Failed(error.fields) from None
    return ctx


def decode(ctx, payloads, digest, watch):
    if digest not in payloads:
        raise Failed({"code": "DEFECT", "message": f"payload {digest} was never sent"})
    try:
        return Expr.from_bytes(payloads[digest], ctx)
    except BaseException as error:
        raise Failed(failures.decoding_failure(error, watch)) from None


def check_columns(frame, reads):
    """A missing column is a wrong call, not a failed run: the parent words it, with the schema that the body holds."""
    schema = frame.schema()
    missing = [name for name in reads if name not in schema.names]
    if missing:
        fields = {"code": "COLUMN_MISSING", "message": "columns are missing", "missing": missing}
        raise Failed(fields, schema.serialize())


def failure_of(error, watch, job, source, done=None):
    """Why a job failed, and over which rows. `done`: the rows whose result is there; None where results come at the end."""
    failure = failures.running_failure(error, watch)
    if watch.raised is None or job.get("filter") or job.get("windows"):
        return failure

    def rest(offset):
        try:
            return places.rest_of_batch(source.frame, offset)
        except Exception:
            return 0  # these rows can't be read either

    rows = places.rows_of(watch.raised, done, source.lengths, job.get("batchSize", 8192), rest)
    return failure if rows is None else {**failure, "rows": rows}


def send_result(channel, job, source, expressions, condition, watch, sink=None):
    """`sink`: one that has some of the first rows, which are computed but not sent again."""
    frame = source.frame
    planned = False
    done = 0
    sent = 0 if sink is None else sink.rows
    try:
        plan = planned_frame(job, frame, expressions, condition)
        # No C stream: over a result of the wrong type the engine may panic, which nobody could catch there.
        streams = plan.execute_stream_partitioned()
        schema = named(plan.schema(), job)
        planned = True
        sink = sink or ResultSink(channel, job["job"], schema, job.get("flush") is True)
        for batch in itertools.chain.from_iterable(streams):
            result = pa.RecordBatch.from_arrays(batch.to_pyarrow().columns, schema=schema)
            if done + result.num_rows > sent:
                sink.write(result.slice(sent - done) if done < sent else result)
            done += result.num_rows
        sink.flush(more=True)
        return sink
    except BaseException as error:
        failure = failure_of(error, watch, job, source, done if job["mode"] == "rows" else None)
        # Before the first batch most failures are about types: the parent can say which columns the engine saw.
        shown = not planned and failures.is_about_types(failure)
        raise Failed(failures.placed(failure, job), types_of(frame, job.get("reads", ())) if shown else b"") from None


def send_states(channel, job, ctx, source, expressions, condition, watch):
    """The aggregates' states after the rows of the source, which are read before the first one is computed."""
    names = parts.chosen(source.frame.schema().names, job.get("reads", ()))
    rows = source.frame.select(*[Expr.column(inputs.quote(name)) for name in names])
    schema = rows.schema()

    def check(expression, digest):
        key = repr([digest, job.get("filter"), schema])
        if key not in mergeable:
            partial.check(ctx, table_of([]), condition, expression, watch.udfs)
            mergeable.add(key)

    def table_of(batches):
        return inputs.named_table(partial.table_of(ctx, schema, batches), job)

    of_each(job, expressions, check, watch, source)
    try:
        batches = rows.collect()
    except Exception as error:
        raise inputs.InputError(str(error)) from error
    source.lengths = [batch.num_rows for batch in batches]
    source.rows = sum(source.lengths)
    frame = table_of(batches)

    def state_of(expression, _digest):
        return partial.state_of(ctx, frame, condition, expression)

    states = of_each(job, expressions, state_of, watch, source)
    return send_batch(channel, job, partial.joined(schema, states))


def send_merged(channel, job, ctx, body, expressions, condition, watch):
    """The one row that the states in the body give."""
    with pa.ipc.open_stream(pa.py_buffer(memoryview(body)[job.get("schemaBytes", 0) :])) as incoming:
        batches = list(incoming)
    frame = inputs.named_table(partial.table_of(ctx, partial.input_schema(batches), []), job)
    states = partial.taken_apart(batches)

    def merge(expression, _digest):
        return partial.merged(ctx, frame, condition, expression, watch.udfs, next(states))

    values = of_each(job, expressions, merge, watch, inputs.Source(frame, lengths=[]))
    columns = [column for table in values for column in table.columns]
    fields = [field for table in values for field in table.schema]
    table = pa.Table.from_arrays(columns, schema=named(pa.schema(fields), job))
    return send_batch(channel, job, table.combine_chunks().to_batches()[0])


def of_each(job, expressions, evaluate, watch, source):
    """What `evaluate` gives for each expression. The engine mixes up aggregates that differ in a cast only, so each has its own plan."""
    results = []
    for at, (expression, column) in enumerate(zip(expressions, job["columns"])):
        try:
            results.append(evaluate(expression, column["payload"]))
        except partial.NotMergeable as error:
            why = failures.without_merge(watch) or failures.one_line(error)
            raise Failed({"code": "NOT_MERGEABLE", "message": why, "column": at}) from None
        except BaseException as error:
            without = failures.without_merge(watch)
            if without is not None:
                raise Failed({"code": "NOT_MERGEABLE", "message": without, "column": at}) from None
            failure = {**failure_of(error, watch, job, source), "column": at}
            shown = failures.is_about_types(failure)
            raise Failed(failure, types_of(source.frame, job.get("reads", ())) if shown else b"") from None
    return results


def send_batch(channel, job, batch):
    sink = ResultSink(channel, job["job"], batch.schema)
    sink.write(batch)
    sink.flush()
    return sink


def planned_frame(job, frame, expressions, condition):
    if condition is not None:
        frame = frame.filter(condition)
    if job["mode"] == "value":
        return frame.aggregate([], distinct(expressions))
    kept = [Expr.column(inputs.quote(name)) for name in job.get("keep", ())]
    if job.get("windows"):
        plan = in_input_order(frame, distinct(kept + expressions))
    else:
        plan = frame.select(*distinct(kept + expressions))
    limit = job.get("limit")
    return plan if limit is None else plan.limit(limit)


def types_of(frame, reads):
    return pa.schema([field for field in frame.schema() if field.name in reads]).serialize()


def in_input_order(frame, expressions):
    """The engine hands rows on as a window's ORDER BY sorted them: a row number taken before puts them back."""
    taken = set(frame.schema().names)
    place = next(name for name in (f"dfx_row_{at}" for at in itertools.count()) if name not in taken)
    numbered = frame.with_column(place, functions.row_number())
    position = Expr.column(place)
    return numbered.select(*expressions, position).sort(position.sort()).drop(place)


def distinct(expressions):
    """The engine wants a name of its own for each column of a select; one expression keeps its own.

    A name with a NUL in it can't cross Arrow's C data interface, so that one goes too.
    """
    if len(expressions) == 1 and "\x00" not in expressions[0].schema_name():
        return expressions
    return [expression.alias(f"dfx_{at}") for at, expression in enumerate(expressions)]


def named(schema, job):
    """The result's columns by their labels. A payload that gives several columns (a wildcard) keeps their own names."""
    names = list(job.get("keep", ())) + [column["name"] for column in job["columns"]]
    if len(schema) != len(names):
        return schema
    return pa.schema([field.with_name(name) for field, name in zip(schema, names)])

"""Parts of a file that a worker reads on its own: ranges of rows of Arrow and Parquet, of lines of NDJSON.

Each gives the columns, types and values that the engine gives when it reads the whole file.
"""

import pyarrow as pa

STRINGS = (pa.string(), pa.large_string(), pa.string_view())
BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())

# Lines are looked for in pieces of this size.
LOOK_AHEAD = 64 * 1024


def chosen(names, reads):
    """The columns that are read: without any, one still says how many rows there are."""
    wanted = set(reads)
    return [name for name in names if name in wanted] or names[:1]


def arrow_batches(path, parts, reads):
    """The schema, and a list of batches: views of the file where it isn't compressed."""
    with pa.memory_map(path) as source:
        with pa.ipc.open_file(source) as whole:
            names = whole.schema.names
            columns = chosen(names, reads)
            if len(set(names)) < len(names) or len(columns) == len(names):
                return whole.schema, [slice_of(whole.get_batch(part["batch"]), part) for part in parts]
        options = pa.ipc.IpcReadOptions(included_fields=[at for at, name in enumerate(names) if name in columns])
        with pa.ipc.open_file(source, options=options) as reader:
            return reader.schema, [slice_of(reader.get_batch(part["batch"]), part) for part in parts]


# So many batches, with so small a part of the rows that one could have, cost more than their rows do.
MANY, TINY = 64, 1 / 16


def gathered(batches, rows):
    """Neighbours put together, up to `rows` of them, where batches are many and tiny; else the same batches."""
    if len(batches) < MANY or sum(batch.num_rows for batch in batches) > len(batches) * rows * TINY:
        return batches
    together, group, held = [], [], 0
    try:
        for batch in batches:
            if group and held + batch.num_rows > rows:
                together.append(pa.concat_batches(group))
                group, held = [], 0
            group.append(batch)
            held += batch.num_rows
        return [*together, pa.concat_batches(group)]
    except pa.ArrowException:
        return batches  # of a type that pyarrow doesn't put together


def slice_of(batch, part):
    return batch.slice(part["start"], part["end"] - part["start"])


def parquet_batches(frame, path, parts, reads, batch_size):
    """The schema and the batches of row groups, as the engine's `frame` over the file has them."""
    import pyarrow.parquet

    schema = frame.schema()
    columns = chosen(schema.names, reads)
    target = pa.schema([schema.field(name) for name in columns])
    with pyarrow.parquet.ParquetFile(path, memory_map=True) as file:
        tables = []
        for part in parts:
            table = file.read_row_group(part["batch"], columns=columns, use_threads=False)
            tables.append(as_engine(table, target))
            if tables[-1] is None:
                return engine_batches(frame, file.metadata, parts, target)
        rows = [table.slice(part["start"], part["end"] - part["start"]) for table, part in zip(tables, parts)]
        return target, [batch for table in rows for batch in table.to_batches(max_chunksize=batch_size)]


def as_engine(table, target):
    """pyarrow's table with the engine's types, which has views of text and bytes; None where more is different."""
    if not set(target.names) <= set(table.schema.names):
        return None
    columns = []
    for field in target:
        column = table.column(field.name)
        if column.type != field.type:
            alike = any(column.type in kinds and field.type in kinds for kinds in (STRINGS, BYTES))
            if not alike:
                return None
            column = column.cast(field.type)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=target)


def engine_batches(frame, metadata, parts, target):
    """What pyarrow reads otherwise, the engine reads from the file's start on."""
    from datafusion import Expr

    ends = [0]
    for at in range(metadata.num_row_groups):
        ends.append(ends[-1] + metadata.row_group(at).num_rows)
    columns = [Expr.column('"' + name.replace('"', '""') + '"') for name in target.names]
    batches = []
    for part in parts:
        ranged = frame.select(*columns).limit(part["end"] - part["start"], ends[part["batch"]] + part["start"])
        batches.extend(ranged.collect())
    return target, batches


def lines_of(path, split):
    """The lines that start in the split: `(bytes, where the first starts, where the last ends)`."""
    with open(path, "rb") as file:
        start = split["start"] if split["aligned"] else after_line(file, split["start"] - 1)
        end = after_line(file, split["end"] - 1)
        if start >= end:
            return b"", start, start
        file.seek(start)
        return file.read(end - start), start, end


def after_line(file, at):
    """Where the line after the first line end at or behind `at` starts; the end of the file where there is none."""
    if at < 0:
        return 0
    file.seek(at)
    while piece := file.read(LOOK_AHEAD):
        found = piece.find(b"\n")
        if found != -1:
            return at + found + 1
        at += len(piece)
    return at


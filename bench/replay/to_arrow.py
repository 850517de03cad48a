"""Writes a CSV file as an Arrow file, in record batches of 65,536 rows (as pyarrow's Feather writer cuts them)."""

import sys

import pyarrow as pa
import pyarrow.csv

source, target = sys.argv[1:]
reader = pyarrow.csv.open_csv(source, read_options=pyarrow.csv.ReadOptions(block_size=64 << 20))
with pa.OSFile(target, "wb") as file, pa.ipc.new_file(file, reader.schema) as writer:
    waiting = []
    for batch in reader:
        waiting.append(batch)
        table = pa.Table.from_batches(waiting).combine_chunks()
        whole = table.num_rows - table.num_rows % 65536
        writer.write_table(table.slice(0, whole), max_chunksize=65536)
        waiting = table.slice(whole).to_batches()
    for batch in waiting:
        writer.write_batch(batch)

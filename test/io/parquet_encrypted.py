"""Writes Parquet files whose column "a" is encrypted, and whose column "b" isn't: argv[1] with a plain footer, argv[2] without."""

import base64
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption


class Keys(encryption.KmsClient):
    def __init__(self, _settings):
        super().__init__()

    def wrap_key(self, key, _name):
        return base64.b64encode(key)

    def unwrap_key(self, wrapped, _name):
        return base64.b64decode(wrapped)


table = pa.table({"a": pa.array([1, 2], pa.int64()), "b": pa.array([3, 4], pa.int64())})
for path, plain in ((sys.argv[1], True), (sys.argv[2], False)):
    settings = encryption.EncryptionConfiguration(footer_key="f", column_keys={"c": ["a"]}, plaintext_footer=plain)
    factory = encryption.CryptoFactory(Keys)
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), settings)
    with pq.ParquetWriter(path, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)

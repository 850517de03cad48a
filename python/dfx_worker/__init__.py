"""The Python worker of dfx: it runs the real DataFusion engine for a parent process.

It needs nothing but datafusion and pyarrow. The parent speaks to it on two inherited pipes, as docs/worker-protocol.md
says; standard output is never part of the conversation, so that whatever a UDF prints can't damage a result.
"""

PROTOCOL = 4

/** A worker that is given columns which don't go together. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { exprToProto } from '../../src/expr/proto/index.ts';
import { fromSql } from '../../src/expr/sql/index.ts';
import { Worker } from '../../src/run/spawn/worker.ts';
import { WorkerFailure } from '../../src/run/transport/split-task.ts';
import { nodeCommand } from '../../src/run/worker/command.ts';
import { jobOf, runJob } from './one-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('what is known at the end has no place beside what is known row by row', async () => {
  const path = join(folder, 'input.csv');
  writeFileSync(path, 'value\n1\n2\n3\n');
  const worker = Worker.start(nodeCommand(), () => undefined);
  try {
    const sqls = { rank: 'rank() OVER (ORDER BY value)', twice: 'value * 2', total: 'sum(value)' };
    for (const [hash, sql] of Object.entries(sqls)) {
      worker.send({ type: 'payload', hash }, [exprToProto(fromSql(sql))]);
    }
    const input = { path, format: 'csv' } as const;
    const column = (payload: string) => ({ payload, name: payload, relation: null });
    const columns = ['rank', 'twice'].map(column);
    for (const job of [
      jobOf({ job: 1, mode: 'rows', columns, windows: true, input }),
      jobOf({ job: 2, mode: 'rows', columns: [column('rank')], keep: ['value'], windows: true, input }),
      jobOf({ job: 3, mode: 'value', columns: ['total', 'twice'].map(column), input }),
    ]) {
      const failure = await runJob(worker, job).then(
        () => null,
        (error: unknown) => error,
      );
      assert.ok(failure instanceof WorkerFailure, String(failure));
      assert.deepEqual(
        [failure.failed.code, failure.failed.message],
        ['DEFECT', 'a job has columns that are known row by row, and others that are known at the end'],
      );
    }
    const alone = await runJob(
      worker,
      jobOf({ job: 4, mode: 'rows', columns: [column('rank')], windows: true, input }),
    );
    assert.equal(alone.done.rows, 3);
  } finally {
    await worker.stop();
  }
});

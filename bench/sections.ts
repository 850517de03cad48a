/** The parts of the benchmark by name, in the order in which they run. */
import { codecSection } from './codec.ts';
import type { Peer } from './peer.ts';
import { modesSection } from './python/modes.ts';
import { multiprocessingSection } from './python/multiprocessing.ts';
import { sandboxSection } from './python/sandbox.ts';
import { pythonScalingSection } from './python/scaling.ts';
import { sparkSection } from './python/spark.ts';
import { kernelSection } from './replay/kernels.ts';
import { replaySection } from './replay/replay.ts';
import { scalingSection } from './replay/scaling.ts';
import type { BenchOptions, Section } from './section.ts';
import { transportSection } from './transport/transport.ts';

export interface NamedSection {
  readonly name: string;
  /** A line of the help. */
  readonly about: string;
  /** It downloads what it measures beside: it runs only where it is named. */
  readonly downloads?: boolean;
  readonly measure: (options: BenchOptions, peer: Peer) => Promise<Section>;
}

export const SECTIONS: readonly NamedSection[] = [
  {
    name: 'codec',
    about: 'reading and inspecting payloads, beside Expr.from_bytes',
    measure: (options, peer) => codecSection(peer, options),
  },
  { name: 'replay', about: 'dfx run beside a datafusion-python script, whole processes', measure: replaySection },
  { name: 'kernels', about: 'compiled expressions beside the real engine, in memory', measure: kernelSection },
  { name: 'scaling', about: 'dfx run with 1, 2 and 4 workers and by batch size', measure: scalingSection },
  {
    name: 'multiprocessing',
    about: "the main job beside datafusion-python's example",
    measure: multiprocessingSection,
  },
  {
    name: 'transport',
    about: 'pipelined beside synchronous transfer: time, overlap, memory',
    measure: transportSection,
  },
  {
    name: 'python-scaling',
    about: 'Python UDFs by workers and queue depths',
    measure: pythonScalingSection,
  },
  { name: 'modes', about: 'UDFs from source, by row and by batch', measure: modesSection },
  { name: 'sandbox', about: 'the same run with the sandbox and without', measure: sandboxSection },
  {
    name: 'spark',
    about: "Python UDFs beside PySpark's pandas UDFs (530 MB)",
    downloads: true,
    measure: sparkSection,
  },
];

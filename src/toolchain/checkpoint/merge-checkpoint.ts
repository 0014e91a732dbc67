import { basename, join } from 'node:path';
import { CheckpointError } from '../files/checkpoint.ts';
import { configFor } from './checkpoint-config.ts';
import { readJsonFile } from '../files/limited-json.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { writeCheckpoint, type WrittenType } from './write-checkpoint.ts';

interface MergeOptions {
  /** A Hugging Face folder, compact or not. */
  readonly from: string;
  readonly to: string;
  /** A folder with a low-rank adapter in PEFT's layout. */
  readonly adapter: string | undefined;
  readonly type: WrittenType;
  readonly onProgress: (done: number, total: number) => void;
}

/** The file that marks a folder as ours, which may be replaced. */
const marker = 'merge-report.json';

/**
 * Writes a checkpoint that transformers loads: the integers of a compact checkpoint become floats
 * and an adapter is merged in. One tensor is in memory at a time.
 *
 * @throws CheckpointError, also when there is nothing to do; RankError when `to` is not a folder
 * that we wrote.
 */
export async function mergeCheckpoint(options: MergeOptions): Promise<void> {
  const { from, to, adapter, type, onProgress } = options;
  const config = await readJsonFile(join(from, 'config.json'));
  const checkpoint = await openCheckpoint(from, adapter);
  try {
    if (adapter === undefined && !config.has('quantization_config')) {
      throw new CheckpointError(`${from}: has no int8 weights to convert; an adapter is needed`);
    }
    const report = { from: basename(from), adapter: adapter && basename(adapter), type };
    await writeCheckpoint(to, {
      config: configFor(checkpoint.blueprint, type, config),
      tensors: [...checkpoint.shapes].map(([name, shape]) => ({
        name,
        shape,
        type,
        read: () => checkpoint.readTensor(name),
      })),
      copyFrom: from,
      texts: new Map([[marker, `${JSON.stringify(report, undefined, 2)}\n`]]),
      onProgress,
    });
  } finally {
    await checkpoint.close();
  }
}

import { at } from '../../../src/base/at.ts';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import { type TokenPart, tokenPart } from '../../../src/batch/packed-batch.ts';
import type { GraphFile } from '../../../src/model/manifest.ts';
import type { RankSession } from '../../../src/engine/session.ts';
import { parseShape } from '../../ladder/work.ts';
import { baseline, graphs, type ModelName, openGraph, openModel } from '../models.ts';
import type { Row, StepOptions } from '../plan.ts';

/**
 * Whether a session opens, how far fp16 on the device is from fp32 on the CPU, and whether a score
 * depends on the run and on what else is in the batch.
 */
export async function compareScores(
  options: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  for (const name of options.compared) {
    const expected = await scoreOnCpu(name, options);
    const model = await openModel(name, options.outDir);
    for (const graph of Object.keys(graphs)) {
      const file = graphOf(model.graphs, graph);
      const startedAtMs = performance.now();
      const session = await openGraph(model.dir, file, options.provider);
      const openMs = performance.now() - startedAtMs;
      const found = await score(session, file, partsOf(name));
      report({
        table: 'scores',
        model: name,
        graph,
        'opens in ms': openMs,
        ...differ(expected, found),
      });
      await session.close();
    }
  }
}

interface Scores {
  readonly alone: Float32Array;
  readonly again: Float32Array;
  readonly uneven: Float32Array;
  /** The candidates of `alone`, behind those of `uneven` in one batch. */
  readonly beside: Float32Array;
  readonly few: Float32Array;
}

interface Parts {
  readonly even: TokenPart;
  readonly uneven: TokenPart;
}

function partsOf(name: ModelName): Parts {
  const { part: even } = parseShape('40+16x32', 500 + name.length);
  const suffixes = even.suffixes.map((suffix, place) => suffix.slice(0, 9 + place));
  return { even, uneven: { prefix: even.prefix.slice(0, 33), suffixes } };
}

async function scoreOnCpu(name: ModelName, { outDir }: StepOptions): Promise<Scores> {
  const model = await openModel(name, outDir, 'fp32');
  const file = graphOf(model.graphs, baseline);
  const session = await openGraph(model.dir, file, 'cpu');
  const scores = await score(session, file, partsOf(name));
  await session.close();
  return scores;
}

async function score(
  session: RankSession,
  graph: GraphFile,
  { even, uneven }: Parts,
): Promise<Scores> {
  const run = (...parts: TokenPart[]) => session.run(packBatch(parts.map(tokenPart), graph));
  const three = { prefix: even.prefix, suffixes: even.suffixes.slice(0, 3) };
  return {
    alone: await run(even),
    again: await run(even),
    uneven: await run(uneven),
    beside: (await run(uneven, even)).slice(2 * uneven.suffixes.length),
    few: await run(three),
  };
}

function differ(expected: Scores, found: Scores): Row {
  return {
    'to the CPU': largest(expected.alone, found.alone),
    'uneven lengths': largest(expected.uneven, found.uneven),
    'run to run': largest(found.alone, found.again),
    'beside another request': largest(found.alone, found.beside),
    'fewer candidates': largest(found.alone.slice(0, found.few.length), found.few),
    'largest logit': Math.max(...expected.alone.map(Math.abs)),
  };
}

function largest(a: Float32Array, b: Float32Array): number {
  return Math.max(...a.map((value, place) => Math.abs(value - at(b, place))));
}

export function graphOf(files: Readonly<Record<string, GraphFile>>, name: string): GraphFile {
  const file = files[name];
  if (file === undefined) {
    throw new Error(`there is no graph '${name}'; there are ${Object.keys(files).join(', ')}`);
  }
  return file;
}

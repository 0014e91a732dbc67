import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { createProgress } from '../../src/eval/progress.ts';
import type { Run } from '../../src/eval/trec-run.ts';
import type { ParetoOptions } from './options.ts';
import type { BuiltModel } from './pair-scorer.ts';
import { type ParetoData, readOrder } from './pareto-data.ts';
import { type Row, type RunRow, type Variant, variants } from './plan.ts';
import { countMissing, orderByScores, scoreMissing } from './score-row.ts';
import { openScoreStore, type ScoreStore, storePath } from './score-store.ts';
import type { Scorers } from './scorers.ts';

/** The candidates' order of each row, by row name. */
export type RowOrders = ReadonlyMap<string, Readonly<Record<Variant, Run>>>;

interface Given {
  readonly data: ParetoData;
  readonly models: ReadonlyMap<string, BuiltModel>;
  readonly scorers: Scorers;
  readonly options: Pick<ParetoOptions, 'candidateTokens' | 'state'>;
}

interface Task {
  readonly name: string;
  readonly variant: Variant;
  readonly store: ScoreStore;
}

/** Reads the runs and scores what no store has yet, one model after the other, telling how long all will take. */
export async function orderRows(rows: readonly Row[], given: Given): Promise<RowOrders> {
  const { data, scorers } = given;
  const tasks = await openTasks(given);
  const missing = tasks.reduce((sum, { store }) => sum + countMissing(data, store), 0);
  const progress = createProgress('candidates', missing, terminal, systemClock);
  let done = 0;
  for (const { name, variant, store } of tasks) {
    await scoreMissing(data, store, {
      variant,
      open: () => scorers.get(name),
      onScored: (candidates) => {
        done += candidates;
        progress.update(done);
      },
    });
    await scorers.closeAll();
  }
  progress.end();
  const orders = new Map<string, Record<Variant, Run>>();
  for (const row of rows) {
    const orderOf = async (variant: Variant) =>
      row.kind === 'run'
        ? readRunRow(row, variant, data)
        : orderByScores(data, findStore(tasks, row.name, variant));
    orders.set(row.name, {
      titles: await orderOf('titles'),
      'no-titles': await orderOf('no-titles'),
    });
  }
  return orders;
}

const terminal = {
  isTerminal: process.stderr.isTTY,
  write: (text: string) => process.stderr.write(text),
};

async function openTasks({ data, models, options }: Given): Promise<readonly Task[]> {
  const { corpus, queries, run } = data.hashes;
  const tasks: Task[] = [];
  for (const [name, { manifest }] of models) {
    for (const variant of variants) {
      const path = storePath(join(options.state, 'scores'), name, {
        ...{ fingerprint: manifest.fingerprint, variant },
        ...{ candidateTokens: options.candidateTokens, hashes: [corpus, queries, run] },
      });
      tasks.push({ name, variant, store: await openScoreStore(path) });
    }
  }
  return tasks;
}

async function readRunRow({ runs }: RunRow, variant: Variant, data: ParetoData): Promise<Run> {
  const file = runs[variant];
  return file === undefined ? data.run : readOrder(file, data);
}

function findStore(tasks: readonly Task[], name: string, variant: Variant): ScoreStore {
  const found = tasks.find((task) => task.name === name && task.variant === variant);
  if (found === undefined) {
    throw new RangeError(`row '${name}' has no scores ${variant}; this is a bug`);
  }
  return found.store;
}

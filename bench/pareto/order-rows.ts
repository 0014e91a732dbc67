import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { createProgress } from '../../src/progress.ts';
import type { Pair } from '../../src/eval/pair-batches.ts';
import type { Run } from '../../src/eval/trec-run.ts';
import { templateOrder } from '../../src/text/template.ts';
import type { ParetoOptions } from './options.ts';
import type { BuiltModel } from './pair-scorer.ts';
import { type ParetoData, readOrder } from './pareto-data.ts';
import { type Row, type RunRow, type Variant, variants } from './plan.ts';
import { findMissingPairs, orderByScores, scoreInto } from './score-row.ts';
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
  readonly missing: readonly Pair[];
}

/** Reads the runs and scores what no store has yet, one model after the other, telling how long all will take. */
export async function orderRows(rows: readonly Row[], given: Given): Promise<RowOrders> {
  const { data, scorers } = given;
  const tasks = await openTasks(given);
  const total = tasks.reduce((sum, { missing }) => sum + missing.length, 0);
  const progress = createProgress('pairs', total, terminal, systemClock);
  let done = 0;
  for (const { name, variant, store, missing } of tasks) {
    if (missing.length > 0) {
      await scoreInto(store, missing, {
        ...{ data, variant, scorer: await scorers.get(name) },
        order: templateOrder(modelOf(given, name).manifest.template),
        onScored: (pairs) => progress.update((done += pairs)),
      });
    }
    if (variant === variants.at(-1)) {
      await scorers.closeAll();
    }
  }
  progress.end();
  const orders = new Map<string, Record<Variant, Run>>();
  for (const row of rows) {
    const orderOf = async (variant: Variant) =>
      row.kind === 'run'
        ? readRunRow(row, variant, data)
        : orderByScores(data.run, findStore(tasks, row.name, variant));
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
  const { corpus, queries } = data.hashes;
  const tasks: Task[] = [];
  for (const [name, { manifest }] of models) {
    for (const variant of variants) {
      const path = storePath(join(options.state, 'scores'), name, {
        ...{ fingerprint: manifest.fingerprint, variant },
        ...{ candidateTokens: options.candidateTokens, hashes: [corpus, queries] },
      });
      const store = await openScoreStore(path);
      tasks.push({ name, variant, store, missing: findMissingPairs(data.run, store) });
    }
  }
  return tasks;
}

function modelOf({ models }: Given, name: string): BuiltModel {
  const model = models.get(name);
  if (model === undefined) {
    throw new RangeError(`no model of row '${name}' was prepared; this is a bug`);
  }
  return model;
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

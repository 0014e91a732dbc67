import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createProgress } from '../../src/base/progress.ts';
import type { Pair } from '../../src/eval/rank/pair-batches.ts';
import type { Run } from '../../src/eval/data/trec-run.ts';
import { templateOrder } from '../../src/text/template.ts';
import type { ParetoOptions } from './options.ts';
import type { BuiltModel } from './pair-scorer.ts';
import { type ParetoData, readOrder } from './pareto-data.ts';
import { type Row, runFile } from './plan.ts';
import { findMissingPairs, orderByScores, scoreInto } from './score-row.ts';
import { openScoreStore, type ScoreStore, storePath } from './score-store.ts';
import type { Scorers } from './scorers.ts';
import { type ByView, valueAt, type View, viewsOf } from './views.ts';

/** The candidates' order of each row, by row name. */
export type RowOrders = ReadonlyMap<string, ByView<Run>>;

interface Given {
  readonly data: ParetoData;
  readonly models: ReadonlyMap<string, BuiltModel>;
  readonly scorers: Scorers;
  readonly options: Pick<ParetoOptions, 'candidateTokens' | 'state'>;
}

/** A model's scores by view, and what they still lack. */
interface Task {
  readonly name: string;
  readonly model: BuiltModel;
  readonly stores: ByView<{ readonly store: ScoreStore; readonly missing: readonly Pair[] }>;
}

/** Reads the runs and scores what no store has yet, one model after the other, telling how long all will take. */
export async function orderRows(rows: readonly Row[], given: Given): Promise<RowOrders> {
  const tasks = await openTasks(given);
  await scoreMissing(tasks, given);
  const orders = new Map<string, ByView<Run>>();
  for (const row of rows) {
    const found: { view: View; value: Run }[] = [];
    for (const view of viewsOf(given.options.candidateTokens)) {
      found.push({ view, value: await orderOf(row, view, { tasks, data: given.data }) });
    }
    orders.set(row.name, found);
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
  for (const [name, model] of models) {
    const stores: Task['stores'][number][] = [];
    for (const view of viewsOf(options.candidateTokens)) {
      const path = storePath(join(options.state, 'scores'), name, {
        fingerprint: model.manifest.fingerprint,
        view,
        hashes: [corpus, queries],
      });
      const store = await openScoreStore(path);
      stores.push({ view, value: { store, missing: findMissingPairs(data.run, store) } });
    }
    tasks.push({ name, model, stores });
  }
  return tasks;
}

/** A model is opened once for all views, and closed before the next one is opened. */
async function scoreMissing(tasks: readonly Task[], { data, scorers }: Given): Promise<void> {
  const lacking = tasks.flatMap(({ stores }) => stores.map(({ value }) => value.missing.length));
  const total = lacking.reduce((sum, pairs) => sum + pairs, 0);
  const progress = createProgress('pairs', total, terminal, systemClock);
  let done = 0;
  for (const { name, model, stores } of tasks) {
    for (const { view, value } of stores.filter((each) => each.value.missing.length > 0)) {
      await scoreInto(value.store, value.missing, {
        data,
        view,
        scorer: await scorers.get(name),
        order: templateOrder(model.manifest.template),
        onScored: (pairs) => progress.update((done += pairs)),
      });
    }
    await scorers.closeAll();
  }
  progress.end();
}

async function orderOf(
  row: Row,
  view: View,
  { tasks, data }: { readonly tasks: readonly Task[]; readonly data: ParetoData },
): Promise<Run> {
  if (row.kind === 'run') {
    const file = runFile(row, view);
    return file === undefined ? data.run : readOrder(file, data);
  }
  const task = tasks.find(({ name }) => name === row.name);
  if (task === undefined) {
    throw new RangeError(`no model of row '${row.name}' was prepared; this is a bug`);
  }
  return orderByScores(data.run, valueAt(task.stores, view).store);
}

import { join } from 'node:path';
import { at } from '../../../base/at.ts';
import { systemClock } from '../../../base/clock.ts';
import { createProgress } from '../../../base/progress.ts';
import { type TemplateOrder, templateOrder } from '../../../text/template.ts';
import type { Run } from '../../data/trec-run.ts';
import { groupByFirst, type Pair } from '../../rank/pair-batches.ts';
import { type ParetoData, readOrder } from '../input/data.ts';
import { type Row, runFile } from '../input/plan.ts';
import { type ByView, valueAt, type View, viewsOf } from '../input/views.ts';
import { openScoreStore, type ScoreStore, storePath } from './score-store.ts';
import type { BuiltModel, Scorers } from './scorers.ts';

/** The candidates' order by each row, by row name. */
export type RowOrders = ReadonlyMap<string, ByView<Run>>;

interface OrderParts {
  readonly data: ParetoData;
  readonly models: ReadonlyMap<string, BuiltModel>;
  readonly scorers: Scorers;
  readonly candidateTokens: readonly number[];
  /** The folder with the scores that earlier runs have computed. */
  readonly state: string;
}

/** One model's scores by view, and the pairs that are still without a score. */
interface Task {
  readonly name: string;
  readonly model: BuiltModel;
  readonly stores: ByView<{ readonly store: ScoreStore; readonly missing: readonly Pair[] }>;
}

/**
 * Pairs scored between two writes to the store, at least: enough for many batches of the graph, and
 * few enough that stopping loses only minutes of work.
 */
const pairsPerChunk = 200;

/**
 * Reads the orders of runs, and scores with one model after another the pairs whose scores are not
 * stored yet. Shows the progress of the whole on standard error.
 */
export async function orderRows(rows: readonly Row[], parts: OrderParts): Promise<RowOrders> {
  const tasks = await openTasks(parts);
  await scoreMissing(tasks, parts);
  const orders = new Map<string, ByView<Run>>();
  for (const row of rows) {
    const found: { view: View; value: Run }[] = [];
    for (const view of viewsOf(parts.candidateTokens)) {
      found.push({ view, value: await orderOf(row, view, { tasks, data: parts.data }) });
    }
    orders.set(row.name, found);
  }
  return orders;
}

const terminal = {
  isTerminal: process.stderr.isTTY,
  write: (text: string) => process.stderr.write(text),
};

async function openTasks({ data, models, candidateTokens, state }: OrderParts): Promise<Task[]> {
  const { corpus, queries } = data.hashes;
  const tasks: Task[] = [];
  for (const [name, model] of models) {
    const stores: Task['stores'][number][] = [];
    for (const view of viewsOf(candidateTokens)) {
      const path = storePath(join(state, 'scores'), name, {
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

function findMissingPairs(run: Run, store: ScoreStore): readonly Pair[] {
  return [...run]
    .flatMap(([query, entries]) => entries.map(({ id }): Pair => ({ query, candidate: id })))
    .filter((pair) => store.find(pair) === undefined);
}

/** Opens each model once for all views, and closes it before the next one is opened. */
async function scoreMissing(tasks: readonly Task[], { data, scorers }: OrderParts): Promise<void> {
  const lacking = tasks.flatMap(({ stores }) => stores.map(({ value }) => value.missing.length));
  const total = lacking.reduce((sum, pairs) => sum + pairs, 0);
  const progress = createProgress('pairs', total, terminal, systemClock);
  let done = 0;
  for (const { name, model, stores } of tasks) {
    for (const { view, value } of stores.filter((each) => each.value.missing.length > 0)) {
      const scorer = await scorers.get(name);
      for (const chunk of chunkPairs(value.missing, templateOrder(model.manifest.template))) {
        await value.store.add(chunk, await scorer.score(chunk, data, view));
        progress.update((done += chunk.length));
      }
    }
    await scorers.closeAll();
  }
  progress.end();
}

/** Pairs that share the part that is first in the template stay in one chunk. */
export function chunkPairs(
  pairs: readonly Pair[],
  order: TemplateOrder,
): readonly (readonly Pair[])[] {
  const chunks: Pair[][] = [];
  for (const places of groupByFirst(pairs, order).values()) {
    const group = places.map((place) => at(pairs, place));
    const last = chunks.at(-1);
    if (last === undefined || last.length >= pairsPerChunk) {
      chunks.push(group);
    } else {
      last.push(...group);
    }
  }
  return chunks;
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
    throw new RangeError(`this is a bug: row '${row.name}' has no prepared model`);
  }
  return orderByScores(data.run, valueAt(task.stores, view).store);
}

/** Ties keep the order of the run. */
function orderByScores(run: Run, store: ScoreStore): Run {
  return new Map(
    [...run].map(([query, entries]) => {
      const scored = entries.map(({ id }) => {
        const score = store.find({ query, candidate: id });
        if (score === undefined) {
          throw new RangeError(`this is a bug: candidate ${id} of query ${query} has no score`);
        }
        return { id, score };
      });
      return [query, scored.toSorted((a, b) => b.score - a.score)] as const;
    }),
  );
}

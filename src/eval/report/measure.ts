import { basename, dirname, join, relative, resolve } from 'node:path';
import { RankError } from '../../base/errors.ts';
import { bootstrapDefaults } from '../measures/bootstrap.ts';
import { describeMachine } from '../measures/machine.ts';
import { describeRow, type Qualities } from './describe-row.ts';
import { type ParetoData, readParetoData } from './input/data.ts';
import { chooseRows, type Plan, readPlan, type Row } from './input/plan.ts';
import { viewsOf } from './input/views.ts';
import type { ParetoReport } from './report.ts';
import { findMissing, prepareModel } from './scores/models.ts';
import { orderRows, type RowOrders } from './scores/order-rows.ts';
import { measureRun } from './scores/quality.ts';
import { type BuiltModel, createScorers, type OpenScorer } from './scores/scorers.ts';
import { measureSpeed, type SpeedOptions } from './scores/speed.ts';

export interface ParetoOptions {
  /** The folder with the data, in BEIR's format. */
  readonly beir: string;
  readonly split: string;
  /** The first stage's run file. */
  readonly run: string;
  /** The plan's file. */
  readonly plan: string;
  /** The folder that the plan's model paths are relative to. */
  readonly models: string;
  /** Names of the rows to measure; all when undefined. */
  readonly only: readonly string[] | undefined;
  /** Whether rows whose files do not exist are left out. */
  readonly skipMissing: boolean;
  /** Most queries. */
  readonly limit: number;
  /** Text budgets, ascending. */
  readonly candidateTokens: readonly number[];
  readonly tokenBudget: number;
  readonly devices: string;
  readonly speed: SpeedOptions | undefined;
  /** The folder for what is kept between two reports: scores, rounds and built models. */
  readonly state: string;
}

/** Scores the pairs without a stored score, measures speed, and assembles the report. */
export async function measurePareto(
  options: ParetoOptions,
  openScorer: OpenScorer,
): Promise<ParetoReport> {
  const { candidateTokens, tokenBudget, devices, state } = options;
  const plan = await readPlan(options.plan, options.models);
  const data = await readParetoData(options);
  const { rows, skipped } = await findRows(plan, options);
  const models = await prepareModels(rows, state);
  const longest = Math.max(...candidateTokens);
  const scorers = createScorers(models, openScorer, {
    candidateTokens: longest,
    tokenBudget,
    devices,
  });
  try {
    const orders = await orderRows(rows, { data, models, scorers, candidateTokens, state });
    const speed =
      options.speed &&
      (await measureSpeed(data, { models, scorers }, { ...options, speed: options.speed }));
    const qualities = measureOrders(orders, data);
    const measured = { plan, data, models, qualities, speed, candidateTokens };
    return {
      machine: describeMachine(),
      data: describeData(data, options),
      settings: { candidateTokens, tokenBudget, devices, bootstrap: bootstrapDefaults },
      reference: plan.reference,
      rows: rows.map((row) => describeRow(row, measured)),
      skipped,
      speed,
    };
  } finally {
    await scorers.closeAll();
  }
}

/**
 * The rows to measure, and the rows that are left out with the first file that each lacks.
 *
 * @throws RankError that names a missing file, unless its row may be left out. The reference may
 *   not.
 */
async function findRows(
  plan: Plan,
  { only, skipMissing, candidateTokens, models }: ParetoOptions,
): Promise<{ rows: readonly Row[]; skipped: ParetoReport['skipped'] }> {
  const skipped: { name: string; missing: string }[] = [];
  const chosen = chooseRows(plan, only);
  for (const row of chosen) {
    const missing = await findMissing(row, viewsOf(candidateTokens));
    if (missing !== undefined && (!skipMissing || row.name === plan.reference)) {
      throw new RankError('not-found', `row '${row.name}' of the plan: ${missing} does not exist`);
    }
    if (missing !== undefined) {
      skipped.push({ name: row.name, missing: shownPath(missing, models) });
    }
  }
  const gone = new Set(skipped.map(({ name }) => name));
  return { rows: chosen.filter(({ name }) => !gone.has(name)), skipped };
}

/**
 * The path from the models' folder, or else only the file's folder and name, so that a report does
 * not reveal the machine's directories.
 */
function shownPath(file: string, models: string): string {
  const path = relative(models, file);
  return path.startsWith('..') ? join(basename(dirname(file)), basename(file)) : path;
}

async function prepareModels(
  rows: readonly Row[],
  state: string,
): Promise<ReadonlyMap<string, BuiltModel>> {
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const models = new Map<string, BuiltModel>();
  for (const row of rows) {
    if (row.kind === 'model') {
      models.set(row.name, await prepareModel(row, { state, onProgress }));
    }
  }
  return models;
}

function measureOrders(orders: RowOrders, { judgements }: ParetoData): Qualities {
  return new Map(
    [...orders].map(([name, runs]) => [
      name,
      runs.map(({ view, value }) => ({ view, value: measureRun(value, judgements) })),
    ]),
  );
}

function describeData({ run, hashes }: ParetoData, { beir, split }: ParetoOptions) {
  const folder = resolve(beir);
  return {
    name: join(basename(dirname(folder)), basename(folder)),
    split,
    sha256: hashes,
    queries: run.size,
    candidates: [...run.values()].reduce((sum, entries) => sum + entries.length, 0),
  };
}

import { basename, dirname, join, relative, resolve } from 'node:path';
import { RankError } from '../../src/base/errors.ts';
import { bootstrapDefaults } from '../../src/eval/measures/bootstrap.ts';
import { describeMachine } from '../machine.ts';
import { describeRow, type Qualities } from './describe-row.ts';
import { measureSpeed } from './measure-speed.ts';
import { findMissing, prepareModel } from './models.ts';
import type { ParetoOptions } from './options.ts';
import { orderRows, type RowOrders } from './order-rows.ts';
import type { BuiltModel, OpenScorer } from './pair-scorer.ts';
import { type ParetoData, readParetoData } from './pareto-data.ts';
import { chooseRows, type Plan, readPlan, type Row } from './plan.ts';
import { measureRun } from './quality.ts';
import type { ParetoReport } from './report.ts';
import { createScorers } from './scorers.ts';
import { viewsOf } from './views.ts';

/** Scores what is not scored yet, measures the speeds, and puts the report together. */
export async function measurePareto(
  options: ParetoOptions,
  openScorer: OpenScorer,
): Promise<ParetoReport> {
  const { candidateTokens, tokenBudget, devices } = options;
  const plan = await readPlan(options.plan, options.models);
  const data = await readParetoData(options);
  const { rows, skipped } = await findRows(plan, options);
  const models = await prepareModels(rows, options);
  const longest = Math.max(...candidateTokens);
  const scorers = createScorers(models, openScorer, {
    candidateTokens: longest,
    tokenBudget,
    devices,
  });
  try {
    const orders = await orderRows(rows, { data, models, scorers, options });
    const speed = options.speed && (await measureSpeed(data, models, { ...options, scorers }));
    const qualities = measureOrders(orders, data);
    const found = { plan, data, models, qualities, speed, candidateTokens };
    return {
      machine: describeMachine(),
      data: describeData(data, options),
      settings: { candidateTokens, tokenBudget, devices, bootstrap: bootstrapDefaults },
      reference: plan.reference,
      rows: rows.map((row) => describeRow(row, found)),
      skipped,
      speed,
    };
  } finally {
    await scorers.closeAll();
  }
}

/** @throws RankError naming what is missing, unless that may be skipped; the reference may not. */
async function findRows(
  plan: Plan,
  { only, skipMissing, candidateTokens, models }: ParetoOptions,
): Promise<{ rows: readonly Row[]; skipped: ParetoReport['skipped'] }> {
  const skipped: { name: string; missing: string }[] = [];
  const chosen = chooseRows(plan, only);
  for (const row of chosen) {
    const missing = await findMissing(row, viewsOf(candidateTokens));
    if (missing !== undefined && (!skipMissing || row.name === plan.reference)) {
      throw new RankError('not-found', `row '${row.name}' of the plan: ${missing} is not there`);
    }
    if (missing !== undefined) {
      skipped.push({ name: row.name, missing: shownPath(missing, models) });
    }
  }
  const gone = new Set(skipped.map(({ name }) => name));
  return { rows: chosen.filter(({ name }) => !gone.has(name)), skipped };
}

/** As seen from the models' folder, else folder and name only: a report does not tell how a machine is laid out. */
function shownPath(file: string, models: string): string {
  const path = relative(models, file);
  return path.startsWith('..') ? join(basename(dirname(file)), basename(file)) : path;
}

async function prepareModels(
  rows: readonly Row[],
  { state }: ParetoOptions,
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
    ...{ split, sha256: hashes, queries: run.size },
    candidates: [...run.values()].reduce((sum, entries) => sum + entries.length, 0),
  };
}

import { basename, dirname, join, resolve } from 'node:path';
import { RankError } from '../../src/errors.ts';
import { bootstrapDefaults } from '../../src/eval/bootstrap.ts';
import { describeMachine } from '../machine.ts';
import { measureSpeed, type MeasuredSpeed } from './measure-speed.ts';
import { findMissing, prepareModel } from './models.ts';
import type { ParetoOptions } from './options.ts';
import { orderRows, type RowOrders } from './order-rows.ts';
import type { BuiltModel, OpenScorer } from './pair-scorer.ts';
import { type ParetoData, readParetoData } from './pareto-data.ts';
import { chooseRows, type Plan, readPlan, type Row, type Variant } from './plan.ts';
import { compareQualities, measureRun, type QueryQualities, summarizeKinds } from './quality.ts';
import type { ParetoReport, RowReport } from './report.ts';
import { createScorers } from './scorers.ts';
import { summarizeSpeed } from './speed.ts';

type Qualities = ReadonlyMap<string, Readonly<Record<Variant, QueryQualities>>>;

/** Scores what is not scored yet, measures the speeds, and puts the report together. */
export async function measurePareto(
  options: ParetoOptions,
  openScorer: OpenScorer,
): Promise<ParetoReport> {
  const plan = await readPlan(options.plan, options.models);
  const data = await readParetoData(options);
  const { rows, skipped } = await findRows(plan, options);
  const models = await prepareModels(rows, options);
  const scorers = createScorers(models, openScorer, options);
  try {
    const orders = await orderRows(rows, { data, models, scorers, options });
    const speed = options.speed && (await measureSpeed(data, models, { ...options, scorers }));
    const qualities = measureOrders(orders, data);
    return {
      machine: describeMachine(),
      data: describeData(data, options),
      settings: {
        candidateTokens: options.candidateTokens,
        ...{ tokenBudget: options.tokenBudget, devices: options.devices },
        bootstrap: bootstrapDefaults,
      },
      reference: plan.reference,
      rows: rows.map((row) => describeRow(row, { plan, data, models, qualities, speed })),
      ...{ skipped, speed },
    };
  } finally {
    await scorers.closeAll();
  }
}

/** @throws RankError naming what is missing, unless that may be skipped; the reference may not. */
async function findRows(
  plan: Plan,
  { only, skipMissing }: ParetoOptions,
): Promise<{ rows: readonly Row[]; skipped: ParetoReport['skipped'] }> {
  const skipped: { name: string; missing: string }[] = [];
  const chosen = chooseRows(plan, only);
  for (const row of chosen) {
    const missing = await findMissing(row);
    if (missing !== undefined && (!skipMissing || row.name === plan.reference)) {
      throw new RankError('not-found', `row '${row.name}' of the plan: ${missing} is not there`);
    }
    if (missing !== undefined) {
      // The file's own folder and name: where the models are on this machine is nobody's business.
      const shown = join(basename(dirname(missing)), basename(missing));
      skipped.push({ name: row.name, missing: shown });
    }
  }
  const gone = new Set(skipped.map(({ name }) => name));
  return { rows: chosen.filter(({ name }) => !gone.has(name)), skipped };
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
      {
        titles: measureRun(runs.titles, judgements),
        'no-titles': measureRun(runs['no-titles'], judgements),
      },
    ]),
  );
}

interface Found {
  readonly plan: Plan;
  readonly data: ParetoData;
  readonly models: ReadonlyMap<string, BuiltModel>;
  readonly qualities: Qualities;
  readonly speed: MeasuredSpeed | undefined;
}

function describeRow(row: Row, { plan, data, models, qualities, speed }: Found): RowReport {
  const own = known(qualities, row.name);
  const model = models.get(row.name)?.manifest;
  // What a row was to be compared with may have been left out.
  const named = row.kind === 'model' ? row.against : plan.reference;
  const against = qualities.has(named) ? named : plan.reference;
  const other = known(qualities, against);
  const perVariant = <T>(of: (variant: Variant) => T): Record<Variant, T> => ({
    titles: of('titles'),
    'no-titles': of('no-titles'),
  });
  return {
    ...{ name: row.name, kind: row.kind, notes: row.notes },
    parameters: row.kind === 'run' ? row.parameters : model?.parameters,
    bytes:
      row.kind === 'run'
        ? row.bytes
        : model && model.graph.bytes + model.weights.bytes + model.tokenizer.bytes,
    precision: model?.precision,
    fingerprint: model?.fingerprint,
    quality: perVariant((variant) => summarizeKinds(own[variant], data.queries)),
    difference:
      against === row.name
        ? undefined
        : perVariant((variant) => compareQualities(own[variant], other[variant], against)),
    speed:
      speed === undefined || model === undefined
        ? undefined
        : summarizeSpeed(speed.rounds, row.name, { ...speed, reference: plan.reference }),
  };
}

function known<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) {
    throw new RangeError(`row '${name}' was not measured; this is a bug`);
  }
  return value;
}

function describeData({ run, hashes }: ParetoData, { beir, split }: ParetoOptions) {
  const folder = resolve(beir);
  return {
    name: join(basename(dirname(folder)), basename(folder)),
    ...{ split, sha256: hashes, queries: run.size },
    candidates: [...run.values()].reduce((sum, entries) => sum + entries.length, 0),
  };
}

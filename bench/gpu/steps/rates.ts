import { packBatch, packedTokens } from '../../../src/batch/pack/pack-batch.ts';
import { type TokenPart, tokenPart } from '../../../src/batch/packed-batch.ts';
import { messageOf } from '../../../src/base/errors.ts';
import type { RankSession } from '../../../src/engine/session.ts';
import { linearFlops } from '../../ladder/gemm-chain.ts';
import { parseShape, splitRuns } from '../../ladder/work.ts';
import { baseline, type GpuModel, graphs, openGraph, openModel, served } from '../models.ts';
import type { Case, Row, StepOptions } from '../plan.ts';
import { againstAim, quantile } from '../tables.ts';
import { graphOf } from './scores.ts';

/**
 * Candidates a second by model, shape and budget. The graphs of a case run in turns, so that a
 * change of the clock or of the load touches all of them.
 */
export async function measureRates(
  options: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  for (const name of new Set(options.cases.map(({ model }) => model))) {
    const model = await openModel(name, options.outDir);
    const sessions = new Map<string, RankSession>();
    for (const each of options.cases.filter((one) => one.model === name)) {
      try {
        await measureCase(each, { model, sessions, options, report });
      } catch (error) {
        const where = `rates ${name} ${each.shape} at ${each.budget}`;
        report({ table: 'errors', where, error: messageOf(error) });
      }
    }
    await Promise.all([...sessions.values()].map((session) => session.close()));
  }
}

interface CaseParts {
  readonly model: GpuModel;
  /** Those that are open, by graph. */
  readonly sessions: Map<string, RankSession>;
  readonly options: StepOptions;
  readonly report: (row: Row) => void;
}

async function measureCase(
  { shape, budget, isWhole = false, aim }: Case,
  { model, sessions, options, report }: CaseParts,
): Promise<void> {
  const names = isWhole ? Object.keys(graphs) : [...new Set([baseline, served])];
  const { part } = parseShape(shape, model.blueprint.vocabulary);
  const work = fill(part, budget);
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  const once = async (name: string) => {
    const graph = graphOf(model.graphs, name);
    const session = sessions.get(name) ?? (await openGraph(model.dir, graph, options.provider));
    sessions.set(name, session);
    const startedAtMs = performance.now();
    for (const parts of work) {
      await session.run(packBatch(parts, graph));
    }
    return performance.now() - startedAtMs;
  };
  for (const name of [...names, ...names]) {
    await once(name); // Memory is allocated and kernels are chosen.
  }
  const endAtMs = performance.now() + 1000 * options.seconds * names.length;
  for (let round = 0; round < 3 || performance.now() < endAtMs; round++) {
    for (const name of names) {
      times.get(name)?.push(await once(name));
    }
  }
  const candidates = work.flat().reduce((sum, { suffixes }) => sum + suffixes.length, 0);
  const rateOf = (name: string) => (1000 * candidates) / quantile(times.get(name) ?? [], 0.5);
  const tokens = work.reduce((sum, parts) => sum + packedTokens(parts), 0);
  for (const name of names) {
    const own = times.get(name) ?? [];
    const flops = linearFlops(model.blueprint, tokens, candidates);
    report({
      table: 'rates',
      model: model.name,
      shape,
      budget,
      graph: name === served ? `${name} (served)` : name,
      'candidates/s': rateOf(name),
      'to the baseline': rateOf(name) / rateOf(baseline),
      'p50 ms': quantile(own, 0.5),
      'p99 ms': quantile(own, 0.99),
      runs: own.length,
      'linear TFLOP/s': flops / quantile(own, 0.5) / 1e9,
      ...againstAim(rateOf(name), name === served ? aim : undefined),
    });
  }
}

/** Batches of at most the budget: several requests in one, or one request in several. */
export function fill(part: TokenPart, budget: number) {
  const runs = splitRuns(part, budget);
  const tokens = packedTokens([tokenPart(part)]);
  const requests = runs.length > 1 ? 1 : Math.max(1, Math.floor(budget / tokens));
  return runs.map((run) => Array.from({ length: requests }, () => tokenPart(run)));
}

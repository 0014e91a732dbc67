import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { at } from '../../../src/base/at.ts';
import { parseShape, splitRuns } from '../../ladder/work.ts';
import { type ModelName, openModel, served } from '../models.ts';
import type { Row, StepOptions } from '../plan.ts';
import { startReplica } from '../replica.ts';
import { graphOf } from './scores.ts';

/** The gain of further replicas on a device, and what adding and removing one does to memory. */
export async function measureReplicas(
  options: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  const models = [...new Set(options.cases.map(({ model }) => model))].slice(0, 2);
  for (const model of models) {
    for (const count of options.isSmall ? [1, 2] : [1, 2, 3]) {
      const task = await taskOf(model, options);
      const replicas = Array.from({ length: count }, () => startReplica(task));
      await Promise.all(replicas.map(({ ready }) => ready));
      await sleep(1000 * options.seconds);
      const memory = usedDeviceMb();
      const done = await Promise.all(replicas.map((replica) => replica.stop()));
      const rate = done.reduce((sum, { scored, seconds }) => sum + scored / seconds, 0);
      report({ table: 'replicas', model, replicas: count, 'candidates/s': rate, ...memory });
    }
  }
  await cycle(at(models, models.length - 1), options, report);
}

async function cycle(
  model: ModelName,
  options: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  const task = await taskOf(model, options);
  const steady = startReplica(task);
  await steady.ready;
  for (let turn = 1; turn <= options.cycles; turn++) {
    const startedAtMs = performance.now();
    const extra = startReplica(task);
    await extra.ready;
    const upMs = performance.now() - startedAtMs;
    await extra.stop();
    report({ table: 'cycles', cycle: turn, 'up in ms': upMs, ...usedDeviceMb() });
  }
  const { scored } = await steady.stop();
  report({ table: 'cycles', cycle: 'all', 'scored meanwhile': scored });
}

/** Batches of the largest budget that the cases of the model have. */
async function taskOf(name: ModelName, { cases, outDir, provider }: StepOptions) {
  const model = await openModel(name, outDir);
  const own = cases.filter((each) => each.model === name);
  const { part } = parseShape(at(own, 0).shape, model.blueprint.vocabulary);
  const budget = Math.min(32_768, Math.max(...own.map((each) => each.budget)));
  const tokens = part.prefix.length + part.suffixes.reduce((sum, ids) => sum + ids.length, 0);
  const requests = Math.max(1, Math.floor(budget / tokens));
  const parts = Array.from({ length: requests }, () => at(splitRuns(part, budget), 0));
  return { dir: model.dir, graph: graphOf(model.graphs, served), provider, parts };
}

/** Empty on a machine without nvidia-smi. */
function usedDeviceMb(): Row {
  try {
    const args = ['--query-gpu=memory.used', '--format=csv,noheader,nounits', '--id=0'];
    const text = execFileSync('nvidia-smi', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { 'device MB': Number(text.trim()) };
  } catch {
    return {};
  }
}

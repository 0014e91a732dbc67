import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { at } from '../../../src/base/at.ts';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import { sessionSettings } from '../../../src/engine/session.ts';
import { parseShape } from '../../ladder/work.ts';
import { toTensors } from '../../ladder/variants.ts';
import { baseline, type GpuModel, openModel, type Provider, served } from '../models.ts';
import type { Case, Row, StepOptions } from '../plan.ts';
import { type OperatorTime, type ProfileEvent, sumOperators } from '../profile.ts';
import { fill } from './rates.ts';
import { gemmTflops } from './gemm.ts';
import { graphOf } from './scores.ts';

/** The first run also allocates memory and chooses kernels; it is left out. */
const runs = 3;
const mostOperators = 14;

/** Where the time of a run goes, how many nodes it has, and which of them are not on the device. */
export async function profileOperators(
  options: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  const { provider, outDir, isSmall } = options;
  const size = isSmall ? 256 : 4096;
  report({
    table: 'gemm',
    'rows and columns': size,
    'TFLOP/s': await gemmTflops(provider, outDir, size),
  });
  for (const each of options.cases.filter(({ isWhole }) => isWhole === true)) {
    const model = await openModel(each.model, outDir);
    for (const graph of new Set([baseline, served])) {
      const times = await profile(model, graph, { each, options });
      reportTimes(times, { model, graph, provider, report });
    }
  }
}

async function profile(
  model: GpuModel,
  name: string,
  { each, options: { provider, outDir } }: { readonly each: Case; readonly options: StepOptions },
): Promise<readonly OperatorTime[]> {
  const dir = join(outDir, 'profile');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const graph = graphOf(model.graphs, name);
  const session = await ort.InferenceSession.create(join(model.dir, graph.file), {
    ...sessionSettings({ provider, deviceId: 0, threads: 1 }),
    enableProfiling: true,
    profileFilePrefix: join(dir, 'run'),
  });
  const { part } = parseShape(each.shape, model.blueprint.vocabulary);
  const feeds = toTensors(packBatch(at(fill(part, each.budget), 0), graph).feeds);
  for (let run = 0; run < runs; run++) {
    await session.run(feeds);
  }
  session.endProfiling();
  await session.release();
  const text = await readFile(join(dir, at(await readdir(dir), 0)), 'utf8');
  return sumOperators(JSON.parse(text) as readonly ProfileEvent[], runs);
}

interface ReportParts {
  readonly model: GpuModel;
  readonly graph: string;
  readonly provider: Provider;
  readonly report: (row: Row) => void;
}

function reportTimes(
  times: readonly OperatorTime[],
  { model: { name: model, blueprint }, graph, provider, report }: ReportParts,
): void {
  const sum = (of: (time: OperatorTime) => number) => times.reduce((all, one) => all + of(one), 0);
  const nodes = sum(({ nodes: own }) => own);
  const elsewhere = times.filter(({ provider: on }) => on === 'CPU' && provider === 'cuda');
  report({
    table: 'nodes',
    model,
    graph,
    'nodes a run': nodes,
    'nodes a layer': nodes / blueprint.layers,
    'ms a run': sum(({ ms }) => ms),
    'on the CPU': elsewhere.map(({ operator, nodes: own }) => `${operator} x${own}`).join(', '),
  });
  const total = sum(({ ms }) => ms);
  for (const { operator, provider: on, nodes: own, ms } of times.slice(0, mostOperators)) {
    report({
      table: 'operators',
      model,
      graph,
      operator,
      on,
      nodes: own,
      'share %': (100 * ms) / total,
      'us each': (1000 * ms) / own,
    });
  }
}

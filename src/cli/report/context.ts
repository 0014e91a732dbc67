import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  measureContext,
  type MeasureSpeed,
  type ShortenedRow,
} from '../../eval/context/measure-context.ts';
import { serveSpeed } from '../../eval/context/serve-speed.ts';
import { shortenAll } from '../../eval/context/shorten.ts';
import {
  formatContext,
  formatContextPage,
  formatContextPicture,
} from '../../eval/context/show-context.ts';
import type { Passage } from '../../eval/data/beir.ts';
import { openPairEngine } from '../../eval/rank/open-pair-engine.ts';
import { type ParetoData, readParetoData } from '../../eval/report/input/data.ts';
import { createPipeline } from '../../pipeline/create-pipeline.ts';
import { openCompressor } from '../compress/open-compressor.ts';
import { type ChosenModel, openModel } from '../compress/open-model.ts';
import { openProgress, printLine } from '../shared/standard-error.ts';
import { type ContextOptions, parseContextOptions } from './context-options.ts';

/** The command `slmrank report context`. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseContextOptions(args);
  const data = await readParetoData(options);
  const model = await openModel(options);
  const rows = await shortenRows(options, [...data.corpus.values()]);
  const report = await measure(options, { data, model, rows });
  const files = {
    'context.json': `${JSON.stringify(report, undefined, 2)}\n`,
    'context.html': formatContextPage(report),
    'context.svg': formatContextPicture(report),
  };
  await mkdir(options.out, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(options.out, name), text);
  }
  process.stdout.write(`\n${formatContext(report)}`);
  printLine(`\nwrote ${Object.keys(files).join(', ')} in ${options.out}`);
  return 0;
}

/** The raw texts, and every row of the plan. */
async function shortenRows(
  options: ContextOptions,
  passages: readonly Passage[],
): Promise<readonly ShortenedRow[]> {
  const raw = new Map(passages.map(({ id, text }) => [id, text]));
  const nothing = new Map(passages.map(({ id }) => [id, '']));
  const rows: ShortenedRow[] = [
    {
      name: 'raw',
      method: 'raw',
      version: undefined,
      postingsPerSecond: undefined,
      texts: { titles: raw, 'no-titles': raw },
    },
  ];
  for (const plan of options.rows) {
    if (plan.method === 'title') {
      const texts = { titles: nothing, 'no-titles': undefined };
      const row = { name: plan.name, method: 'title', version: undefined, texts };
      rows.push({ ...row, postingsPerSecond: undefined });
      continue;
    }
    const progress = openProgress(`postings for '${plan.name}'`, passages.length);
    const { compressor, close } = await openCompressor({
      method: plan.method,
      budget: { titled: plan.tokens, untitled: plan.tokens },
      model: options.model,
      background: options.background,
      probes: options.probes,
      effort: options.effort,
      maxLoss: undefined,
      workers: undefined,
    });
    try {
      const { name } = plan;
      const onProgress = (done: number) => progress.update(done);
      rows.push(await shortenAll(passages, compressor, { name, state: options.state, onProgress }));
    } finally {
      progress.end();
      await close();
    }
  }
  return rows;
}

interface Measured {
  readonly data: ParetoData;
  readonly model: ChosenModel;
  readonly rows: readonly ShortenedRow[];
}

async function measure(options: ContextOptions, { data, model, rows }: Measured) {
  const { config, manifest } = model;
  const speed = options.rounds === 0 ? undefined : await openSpeed(options, data, model);
  const engine = await openPairEngine(config, manifest);
  const folder = resolve(options.beir);
  try {
    return await measureContext({
      data,
      dataName: join(basename(dirname(folder)), basename(folder)),
      split: options.split,
      engine,
      model: { name: manifest.name, fingerprint: manifest.fingerprint },
      devices: config.devices.map(({ name }) => name).join(', '),
      speedRounds: options.rounds,
      rows,
      measureSpeed: speed?.measure,
      onProgress: printLine,
    });
  } finally {
    await Promise.all([engine.close(), speed?.close()]);
  }
}

async function openSpeed(
  { rounds, speedQueries }: ContextOptions,
  data: ParetoData,
  { config, manifest }: ChosenModel,
): Promise<{ readonly measure: MeasureSpeed; readonly close: () => Promise<void> }> {
  const pipeline = createPipeline({ config, manifest });
  const close = () => pipeline.drain();
  try {
    await pipeline.warm();
  } catch (error) {
    await close();
    throw error;
  }
  const requestsInFlight = config.devices.length + 1;
  const measure = serveSpeed(pipeline, data, {
    rounds,
    queries: speedQueries,
    depth: 50,
    requestsInFlight,
    onProgress: printLine,
  });
  return { measure, close };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
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
import { type ContextOptions, parseContextOptions, type RowPlan } from './context-options.ts';

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
  const whole = new Map(passages.map(({ id, text }) => [id, text]));
  const rows: ShortenedRow[] = [
    { name: 'raw', budget: undefined, ...asGiven('raw', { titles: whole, 'no-titles': whole }) },
  ];
  for (const plan of options.rows) {
    rows.push(await shortenRow(plan, options, passages));
  }
  return rows;
}

function asGiven(method: string, texts: ShortenedRow['texts']) {
  return { method, version: undefined, postingsPerSecond: undefined, texts };
}

async function shortenRow(
  { row, tokens, how }: RowPlan,
  options: ContextOptions,
  passages: readonly Passage[],
): Promise<ShortenedRow> {
  if (how === undefined) {
    const nothing = new Map(passages.map(({ id }) => [id, '']));
    const texts = { titles: nothing, 'no-titles': undefined };
    return { name: 'title alone', budget: tokens, ...asGiven(row, texts) };
  }
  const name = `${row} ${tokens}`;
  const budget = { titled: tokens, untitled: tokens };
  const opened = await openCompressor({ ...options, ...how, budget, maxLoss: undefined });
  const progress = openProgress(`postings for '${name}'`, passages.length);
  try {
    const { compressor } = opened;
    const { texts, postingsPerSecond } = await shortenAll(passages, compressor, {
      state: options.state,
      clock: systemClock,
      onProgress: (done) => progress.update(done),
    });
    return {
      name,
      method: row,
      budget: tokens,
      version: compressor.version,
      postingsPerSecond,
      texts: { titles: texts, 'no-titles': texts },
    };
  } finally {
    progress.end();
    await opened.close();
  }
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
    clock: systemClock,
    onProgress: printLine,
  });
  return { measure, close };
}

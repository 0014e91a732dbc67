import { at } from '../../src/base/at.ts';
import { parseConfig } from '../../src/config/config.ts';
import { scoringSettings } from '../../src/cli/shared/scoring-settings.ts';
import { measureFigures, type ScoredRun } from '../../src/eval/context/context-figures.ts';
import type { ContextFigures } from '../../src/eval/context/context-report.ts';
import { scoreRun } from '../../src/eval/context/measure-context.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { selectQueries } from '../../src/eval/data/select-queries.ts';
import { openPairEngine } from '../../src/eval/rank/open-pair-engine.ts';
import type { ParetoData } from '../../src/eval/report/input/data.ts';
import type { Variant } from '../../src/eval/report/input/views.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { qualityKey, type Step } from './steps.ts';

export interface QualityOptions {
  readonly data: ParetoData;
  /** Texts that stand for the candidates in the steps with summaries. */
  readonly summaries: ReadonlyMap<string, string>;
  readonly models: Readonly<Record<Step['model'], string>>;
  readonly variant: Variant;
  /** Most queries. */
  readonly limit: number;
  readonly say: (line: string) => void;
}

/**
 * NDCG@10 of each step, with its change against the first one, paired by query. Scored in this
 * process, once for steps whose model reads the same texts.
 *
 * @throws RankError of the first batch that fails.
 */
export async function measureQuality(
  steps: readonly Step[],
  options: QualityOptions,
): Promise<readonly ContextFigures[]> {
  const data = { ...options.data, run: selectQueries(options.data.run, options.limit) };
  const scored = new Map<string, ScoredRun>();
  for (const step of steps) {
    const key = qualityKey(step);
    if (!scored.has(key)) {
      options.say(`scoring ${data.run.size} queries: ${key}`);
      scored.set(key, await scoreStep(step, { ...options, data }));
    }
  }
  const runs = steps.map((step) => scored.get(qualityKey(step))).filter((run) => run !== undefined);
  return runs.map((run) => measureFigures(data.run, data.judgements, run, at(runs, 0)));
}

async function scoreStep(
  { model, way }: Step,
  { data, summaries, models, variant }: QualityOptions,
): Promise<ScoredRun> {
  const folder = models[model];
  const given = parseConfig(
    scoringSettings({ model: folder, devices: undefined }, process.env),
    [],
  );
  const isShort = way === 'summary' || way === 'id';
  const corpus = isShort ? shorten(data.corpus, summaries) : data.corpus;
  const engine = await openPairEngine({ ...given, model: folder }, await readManifest(folder));
  try {
    return await scoreRun({ data, engine }, corpus, variant);
  } finally {
    await engine.close();
  }
}

function shorten(corpus: ReadonlyMap<string, Passage>, texts: ReadonlyMap<string, string>) {
  return new Map(
    [...corpus].map(([id, passage]): [string, Passage] => [
      id,
      { ...passage, text: texts.get(id) ?? passage.text },
    ]),
  );
}

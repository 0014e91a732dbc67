import { parseConfig, type ServedConfig } from '../config.ts';
import { openPairEngine } from '../eval/open-pair-engine.ts';
import { createPipeline } from '../pipeline/create-pipeline.ts';
import type { ModelReport } from '../eval/report.ts';
import { type RerankInput, type Reranked, rerankRun } from '../eval/rerank.ts';
import { rerankPairs } from '../eval/rerank-pairs.ts';
import { type Manifest, readManifest } from '../manifest.ts';
import { templateOrder } from '../text/template.ts';
import { chooseModel } from './choose-model.ts';
import type { EvalOptions } from './eval-options.ts';
import { scoringSettings } from './scoring-settings.ts';
import { type Watched, watchScoring } from './watch-scoring.ts';

export interface ModelRun {
  readonly reranked: Reranked;
  readonly report: ModelReport;
}

/** How candidates are re-ranked: by a model, or by a stand-in in tests. */
export type RerankWith = (input: RerankInput, options: EvalOptions) => Promise<ModelRun>;

/** One request's; also bounds what a progress line waits for. */
const candidatesPerRequest = 100;

/** Re-ranks with a built model, in this process: through the pipeline that serves, or directly. Control-C stops it early. */
export async function rerankWithModel(input: RerankInput, options: EvalOptions): Promise<ModelRun> {
  const given = parseConfig(scoringSettings(options, process.env), []);
  const config = { ...given, model: await chooseModel(given) };
  const manifest = await readManifest(config.model);
  const way = options.way ?? wayOf(manifest);
  process.stderr.write(`Loading ${manifest.name} on ${config.devices.length} device slots\n`);
  const model = { config, manifest, input, options };
  const watched = await (way === 'direct' ? rerankDirectly : rerankServed)(model);
  const { result: reranked, seconds } = watched;
  const report = {
    ...reranked.counts,
    name: manifest.name,
    fingerprint: manifest.fingerprint,
    devices: config.devices.map(({ name }) => name).join(', '),
    way,
    plannedQueries: input.run.size,
    seconds,
    candidatesPerSecond: reranked.counts.candidates / seconds,
    interrupted: reranked.interrupted,
  };
  return { reranked, report };
}

/** Candidate-first, a request repeats its query for each candidate and shares next to nothing: grids are cheaper. */
function wayOf({ template }: Manifest): 'direct' | 'served' {
  return templateOrder(template) === 'candidate-first' ? 'direct' : 'served';
}

interface Work {
  readonly config: ServedConfig;
  readonly manifest: Manifest;
  readonly input: RerankInput;
  readonly options: EvalOptions;
}

async function rerankServed({
  config,
  manifest,
  input,
  options,
}: Work): Promise<Watched<Reranked>> {
  const pipeline = createPipeline({ config, manifest });
  try {
    await pipeline.warm();
    return await watchScoring(countCandidates(input, options), (signal, onProgress) =>
      rerankRun(pipeline, input, {
        ...{ ...options, maxCandidateTokens: options.candidateTokens },
        ...{ candidatesPerRequest, requestsInFlight: config.devices.length + 1, signal },
        onProgress: ({ candidates }) => onProgress(candidates),
      }),
    );
  } finally {
    await pipeline.drain();
  }
}

async function rerankDirectly({
  config,
  manifest,
  input,
  options,
}: Work): Promise<Watched<Reranked>> {
  const engine = await openPairEngine(config, manifest);
  try {
    return await watchScoring(countCandidates(input, options), (signal, onProgress) =>
      rerankPairs(engine, input, {
        ...{ ...options, maxCandidateTokens: options.candidateTokens },
        ...{ signal, onProgress },
      }),
    );
  } finally {
    await engine.close();
  }
}

function countCandidates({ run }: RerankInput, { depth }: EvalOptions): number {
  return [...run.values()].reduce((sum, { length }) => sum + Math.min(length, depth), 0);
}

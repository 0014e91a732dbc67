import { parseConfig, type ServedConfig } from '../../config/config.ts';
import { openPairEngine } from '../../eval/rank/open-pair-engine.ts';
import { createPipeline } from '../../pipeline/create-pipeline.ts';
import type { ModelReport } from '../../eval/eval-report.ts';
import { type RerankInput, type Reranked, rerankRun } from '../../eval/rank/rerank.ts';
import { rerankPairs } from '../../eval/rank/rerank-pairs.ts';
import { type Manifest, readManifest } from '../../model/manifest.ts';
import { chooseModel } from '../shared/choose-model.ts';
import type { EvalOptions } from './eval-options.ts';
import { type PerturbedRuns, rerankPerturbed } from './rerank-perturbed.ts';
import { scoringSettings } from '../shared/scoring-settings.ts';
import { type Watched, watchScoring } from '../shared/watch-scoring.ts';

export interface ModelRun {
  readonly reranked: Reranked;
  readonly report: ModelReport;
  /** Present with --perturb, unless Control-C stopped the ranking of the plain candidates. */
  readonly perturbed?: PerturbedRuns;
}

/** Re-ranks candidates; tests replace the model. */
export type RerankWith = (input: RerankInput, options: EvalOptions) => Promise<ModelRun>;

const candidatesPerRequest = 100;

/**
 * Re-ranks with a built model in this process, through the serving pipeline or directly. Control-C
 * stops it early.
 */
export async function rerankWithModel(input: RerankInput, options: EvalOptions): Promise<ModelRun> {
  const given = parseConfig(scoringSettings(options, process.env), []);
  const config = { ...given, model: await chooseModel(given) };
  const manifest = await readManifest(config.model);
  const way = options.way ?? wayOf(manifest);
  process.stderr.write(`Loading ${manifest.name} on ${config.devices.length} device slots\n`);
  const ranker = await (way === 'direct' ? openDirect : openServed)(config, manifest, options);
  const rank = (part: RerankInput): Promise<Watched<Reranked>> =>
    watchScoring(countCandidates(part, options), (signal, onProgress) =>
      ranker.rerank(part, signal, onProgress),
    );
  try {
    const { result: reranked, seconds } = await rank(input);
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
    if (options.perturb.length === 0 || reranked.interrupted) {
      return { reranked, report };
    }
    const rerank = async (part: RerankInput) => (await rank(part)).result;
    const perturbed = await rerankPerturbed(input, options.perturb, rerank);
    return { reranked, report, perturbed };
  } finally {
    await ranker.close();
  }
}

/**
 * With a candidate-first template the candidates of a request share almost no tokens, but the pairs
 * of one candidate and several queries do, so scoring all pairs together is cheaper.
 */
function wayOf({ template }: Manifest): 'direct' | 'served' {
  return template.order === 'candidate-first' ? 'direct' : 'served';
}

/** A loaded model that ranks one run after another. */
interface Ranker {
  rerank(
    input: RerankInput,
    signal: AbortSignal,
    onProgress: (candidates: number) => void,
  ): Promise<Reranked>;
  close(): Promise<void>;
}

async function openServed(
  config: ServedConfig,
  manifest: Manifest,
  options: EvalOptions,
): Promise<Ranker> {
  const pipeline = createPipeline({ config, manifest });
  const close = () => pipeline.drain();
  try {
    await pipeline.warm();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    rerank: (input, signal, onProgress) =>
      rerankRun(pipeline, input, {
        ...options,
        maxCandidateTokens: options.candidateTokens,
        candidatesPerRequest,
        requestsInFlight: config.devices.length + 1,
        signal,
        onProgress: ({ candidates }) => onProgress(candidates),
      }),
    close,
  };
}

async function openDirect(
  config: ServedConfig,
  manifest: Manifest,
  options: EvalOptions,
): Promise<Ranker> {
  const engine = await openPairEngine(config, manifest);
  return {
    rerank: (input, signal, onProgress) =>
      rerankPairs(engine, input, {
        ...options,
        maxCandidateTokens: options.candidateTokens,
        signal,
        onProgress,
      }),
    close: () => engine.close(),
  };
}

function countCandidates({ run }: RerankInput, { depth }: EvalOptions): number {
  return [...run.values()].reduce((sum, { length }) => sum + Math.min(length, depth), 0);
}

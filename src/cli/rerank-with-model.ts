import { systemClock } from '../clock.ts';
import { type Config, parseConfig } from '../config.ts';
import { openPairEngine } from '../eval/open-pair-engine.ts';
import { createPipeline } from '../pipeline/create-pipeline.ts';
import { createProgress } from '../progress.ts';
import type { ModelReport } from '../eval/report.ts';
import { type RerankInput, type Reranked, rerankRun } from '../eval/rerank.ts';
import { rerankPairs } from '../eval/rerank-pairs.ts';
import { type Manifest, readManifest } from '../manifest.ts';
import { templateOrder } from '../text/template.ts';
import type { EvalOptions } from './eval-options.ts';
import { type PerturbedRuns, rerankPerturbed } from './rerank-perturbed.ts';

export interface ModelRun {
  readonly reranked: Reranked;
  readonly report: ModelReport;
  /** Present when perturbed candidates were to be ranked, and the others were not stopped early. */
  readonly perturbed?: PerturbedRuns;
}

/** One request's; also bounds what a progress line waits for. */
const candidatesPerRequest = 100;

/** Re-ranks with a built model, in this process: through the pipeline that serves, or directly. Control-C stops it early. */
export async function rerankWithModel(input: RerankInput, options: EvalOptions): Promise<ModelRun> {
  const config = parseConfig(settings(options, process.env), []);
  const manifest = await readManifest(config.model);
  const way = options.way ?? wayOf(manifest);
  process.stderr.write(`Loading ${manifest.name} on ${config.devices.length} device slots\n`);
  const ranker = await (way === 'direct' ? openDirect : openServed)(config, manifest, options);
  try {
    const { reranked, seconds } = await watch(input, options, ranker);
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
    const rerank = async (given: RerankInput) => (await watch(given, options, ranker)).reranked;
    const perturbed = await rerankPerturbed(input, options.perturb, rerank);
    return { reranked, report, perturbed };
  } finally {
    await ranker.close();
  }
}

/** Candidate-first, a request repeats its query for each candidate and shares next to nothing: grids are cheaper. */
function wayOf({ template }: Manifest): 'direct' | 'served' {
  return templateOrder(template) === 'candidate-first' ? 'direct' : 'served';
}

/** A loaded model: ranks one run after another. */
interface Ranker {
  rerank(
    input: RerankInput,
    signal: AbortSignal,
    onProgress: (candidates: number) => void,
  ): Promise<Reranked>;
  close(): Promise<void>;
}

interface Timed {
  readonly reranked: Reranked;
  readonly seconds: number;
}

async function openServed(
  config: Config,
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
  config: Config,
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

/** The surroundings' settings, with bounds that a few requests in flight never reach: nothing may be shed here. */
function settings({ model, devices }: EvalOptions, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    SLMRANK_LINGER_MS: '0',
    SLMRANK_QUEUED_CANDIDATES: '10000000',
    SLMRANK_QUEUED_TOKENS: '2000000000',
    SLMRANK_MAX_CALL_MS: '3600000',
    ...(model === undefined ? {} : { SLMRANK_MODEL: model }),
    ...(devices === undefined ? {} : { SLMRANK_DEVICES: devices }),
  };
}

/** Shows progress, stops at Control-C, and takes the time. */
async function watch(input: RerankInput, { depth }: EvalOptions, ranker: Ranker): Promise<Timed> {
  const { run } = input;
  const total = [...run.values()].reduce((sum, { length }) => sum + Math.min(length, depth), 0);
  const output = {
    isTerminal: process.stderr.isTTY,
    write: (text: string) => process.stderr.write(text),
  };
  const progress = createProgress('candidates', total, output, systemClock);
  const stop = new AbortController();
  const onInterrupt = () => {
    process.stderr.write('\nStopping; a second Control-C ends at once\n');
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  const startedMs = systemClock.nowMs();
  try {
    const reranked = await ranker.rerank(input, stop.signal, (done) => progress.update(done));
    return { reranked, seconds: (systemClock.nowMs() - startedMs) / 1000 };
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.end();
  }
}

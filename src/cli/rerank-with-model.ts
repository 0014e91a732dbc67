import { systemClock } from '../clock.ts';
import { parseConfig } from '../config.ts';
import { createPipeline } from '../pipeline/create-pipeline.ts';
import { createProgress } from '../eval/progress.ts';
import type { ModelReport } from '../eval/report.ts';
import { type RerankInput, type Reranked, rerankRun } from '../eval/rerank.ts';
import { readManifest } from '../manifest.ts';
import type { RankingPipeline } from '../rank.ts';
import type { EvalOptions } from './eval-options.ts';

export interface ModelRun {
  readonly reranked: Reranked;
  readonly report: ModelReport;
}

/** One request's; also bounds what a progress line waits for. */
const candidatesPerRequest = 100;

/** Re-ranks with a built model, in this process, through the pipeline that serves. Control-C stops it early. */
export async function rerankWithModel(input: RerankInput, options: EvalOptions): Promise<ModelRun> {
  const config = parseConfig(settings(options, process.env), []);
  const manifest = await readManifest(config.model);
  const pipeline = createPipeline({ config, manifest });
  process.stderr.write(`Loading ${manifest.name} on ${config.devices.length} device slots\n`);
  await pipeline.warm();
  const startedMs = systemClock.nowMs();
  const reranked = await rerankShowingProgress(pipeline, input, {
    ...options,
    requestsInFlight: config.devices.length + 1,
  });
  const seconds = (systemClock.nowMs() - startedMs) / 1000;
  await pipeline.drain();
  const report = {
    ...reranked.counts,
    name: manifest.name,
    fingerprint: manifest.fingerprint,
    devices: config.devices.map(({ name }) => name).join(', '),
    plannedQueries: input.run.size,
    seconds,
    candidatesPerSecond: reranked.counts.candidates / seconds,
    interrupted: reranked.interrupted,
  };
  return { reranked, report };
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

async function rerankShowingProgress(
  pipeline: RankingPipeline,
  input: RerankInput,
  options: EvalOptions & { readonly requestsInFlight: number },
): Promise<Reranked> {
  const total = [...input.run.values()].reduce(
    (sum, entries) => sum + Math.min(entries.length, options.depth),
    0,
  );
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
  try {
    return await rerankRun(pipeline, input, {
      ...options,
      candidatesPerRequest,
      signal: stop.signal,
      onProgress: ({ candidates }) => progress.update(candidates),
    });
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.end();
  }
}

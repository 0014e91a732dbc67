import { at } from '../../base/at.ts';
import type { Clock } from '../../base/clock.ts';
import type { RankingPipeline } from '../../domain/rank.ts';
import { median } from '../measures/metrics.ts';
import type { Passage } from '../data/beir.ts';
import { selectQueries } from '../data/select-queries.ts';
import { rerankRun } from '../rank/rerank.ts';
import type { ParetoData } from '../report/input/data.ts';
import type { ContextSpeed } from './context-report.ts';
import type { MeasureSpeed } from './measure-context.ts';

export interface ServeSpeedOptions {
  readonly rounds: number;
  /** Queries in each round, spread evenly over the run. */
  readonly queries: number;
  /** Candidates of each query. */
  readonly depth: number;
  /** Requests in the pipeline at once; enough of them leave no replica idle. */
  readonly requestsInFlight: number;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onProgress: (line: string) => void;
}

/**
 * Candidates/s as they are served, request by request, tokenizing included. In each round every row
 * serves the same requests, one row after another, so that a machine that slows down slows all of
 * them. The first row of one round is the last of the next.
 */
export function serveSpeed(
  pipeline: RankingPipeline,
  data: ParetoData,
  { rounds, queries, depth, requestsInFlight, clock, onProgress }: ServeSpeedOptions,
): MeasureSpeed {
  const run = selectQueries(data.run, queries);
  const total = [...run.values()].reduce((sum, { length }) => sum + Math.min(length, depth), 0);
  return async (rows, variant) => {
    const seconds = rows.map((): number[] => []);
    const serve = async (corpus: ReadonlyMap<string, Passage>) => {
      const startedAtMs = clock.nowMs();
      await rerankRun(
        pipeline,
        { run, queries: data.queries, corpus },
        {
          depth,
          candidatesPerRequest: depth,
          requestsInFlight,
          titles: variant === 'titles',
          instruction: undefined,
          maxCandidateTokens: undefined,
          signal: new AbortController().signal,
          onProgress: () => undefined,
        },
      );
      return (clock.nowMs() - startedAtMs) / 1_000;
    };
    for (let round = 0; round < rounds; round += 1) {
      onProgress(`${variant}: speed, round ${round + 1} of ${rounds}`);
      for (let turn = 0; turn < rows.length; turn += 1) {
        const row = (turn + round) % rows.length;
        at(seconds, row).push(await serve(at(rows, row).corpus));
      }
    }
    return seconds.map((own) => describeSpeed(total, own, at(seconds, 0)));
  };
}

function describeSpeed(
  candidates: number,
  seconds: readonly number[],
  raw: readonly number[],
): ContextSpeed {
  const ratios = seconds.map((own, round) => at(raw, round) / own);
  return {
    candidatesPerSecond: candidates / median(seconds),
    ratio: { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) },
  };
}

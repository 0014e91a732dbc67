import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import type { RankedResult, RankingPipeline, RankRequest } from '../../domain/rank.ts';
import { candidateText, find, type Passage, type Query } from '../data/beir.ts';
import type { Run, RunEntry } from '../data/trec-run.ts';
import { forEachInFlight } from './in-flight.ts';

export interface RerankInput {
  readonly run: Run;
  readonly queries: ReadonlyMap<string, Query>;
  readonly corpus: ReadonlyMap<string, Passage>;
}

export interface RerankOptions {
  /** Candidates of each query that the model orders; the rest follow in the run's order. */
  readonly depth: number;
  /** Most candidates in one request; a longer list is split into several requests. */
  readonly candidatesPerRequest: number;
  /** Requests in the pipeline at once; enough of them leave no replica idle. */
  readonly requestsInFlight: number;
  /** Whether the model reads the candidates' titles. */
  readonly titles: boolean;
  /** The model's own when undefined. */
  readonly instruction: string | undefined;
  /** Most tokens of a candidate; the model's context budget when undefined or larger. */
  readonly maxCandidateTokens: number | undefined;
  /** Abort it to stop early: queries finished by then are returned. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: RerankCounts) => void;
}

export interface RerankCounts {
  readonly queries: number;
  readonly candidates: number;
  readonly truncated: number;
  readonly candidateTokens: number;
  readonly packedTokens: number;
}

export interface Reranked {
  /** Finished queries only. Scores are the model's logits. */
  readonly run: Run;
  readonly counts: RerankCounts;
  readonly interrupted: boolean;
}

export const noCounts: RerankCounts = {
  queries: 0,
  candidates: 0,
  truncated: 0,
  candidateTokens: 0,
  packedTokens: 0,
};

/**
 * Orders each query's candidates by the model's logits; ties keep the run's order.
 *
 * @throws RankError of the first request that fails, after the other requests in flight have ended.
 */
export async function rerankRun(
  pipeline: RankingPipeline,
  input: RerankInput,
  options: RerankOptions,
): Promise<Reranked> {
  const finished = new Map<string, readonly RunEntry[]>();
  let counts = noCounts;
  const inFlight = { lanes: options.requestsInFlight, signal: options.signal };
  await forEachInFlight(input.run, inFlight, async ([query, entries], signal) => {
    const results: RankedResult[] = [];
    let packedTokens = 0;
    for (const { start, request } of requestsOf(query, entries, input, options)) {
      const reply = await pipeline.rank(request, {
        deadlineAtMs: Infinity,
        signal,
        client: 'eval',
        traceparent: undefined,
      });
      assertAllScored(request, reply.results);
      results.push(...reply.results.map((each) => ({ ...each, index: start + each.index })));
      packedTokens += reply.usage.packedTokens;
    }
    finished.set(query, reorder(entries, results));
    counts = addQuery(counts, results);
    counts = { ...counts, packedTokens: counts.packedTokens + packedTokens };
    options.onProgress(counts);
  });
  return {
    run: inOrderOf(input.run, finished),
    counts,
    interrupted: finished.size < input.run.size,
  };
}

/** Requests for one query's candidates. `start` is the index of the first one in `entries`. */
function requestsOf(
  queryId: string,
  entries: readonly RunEntry[],
  { queries, corpus }: RerankInput,
  options: RerankOptions,
): readonly { readonly start: number; readonly request: RankRequest }[] {
  const query = find(queries, queryId).text;
  const candidates = entries.slice(0, options.depth).map(({ id }) => {
    return { id, ...candidateText(find(corpus, id), options.titles), version: undefined };
  });
  const size = options.candidatesPerRequest;
  return Array.from({ length: Math.ceil(candidates.length / size) }, (_, part) => ({
    start: part * size,
    request: {
      requestId: `${queryId}#${part}`,
      query,
      instruction: options.instruction,
      context: undefined,
      candidates: candidates.slice(part * size, (part + 1) * size),
      topN: undefined,
      minScore: undefined,
      returnText: false,
      scoreKind: 'logit',
      truncation: 'end',
      maxCandidateTokens: options.maxCandidateTokens,
      model: undefined,
      partialOk: false,
      priority: 'interactive',
      adaptiveDepth: false,
      useCache: false,
    },
  }));
}

function assertAllScored({ candidates }: RankRequest, results: readonly RankedResult[]): void {
  if (new Set(results.map(({ index }) => index)).size !== candidates.length) {
    throw new RankError(
      'internal',
      `this is a bug: ${results.length} results for ${candidates.length} candidates`,
    );
  }
}

/**
 * The entries with a result by logit, ties in the run's order, then the others in the run's order.
 * The index of a result is that of its entry.
 */
export function reorder(
  entries: readonly RunEntry[],
  results: readonly RankedResult[],
): readonly RunEntry[] {
  const scored = results
    .toSorted((a, b) => b.logit - a.logit || a.index - b.index)
    .map(({ index, logit }) => ({ id: at(entries, index).id, score: logit }));
  const lowest = scored.reduce((low, { score }) => Math.min(low, score), 0);
  const ranked = new Set(results.map(({ index }) => index));
  const rest = entries.filter((_, index) => !ranked.has(index));
  return [
    ...scored,
    // Below all logits and descending, for programs that sort a run file by score.
    ...rest.map(({ id }, place) => ({ id, score: lowest - 1 - place })),
  ];
}

/** Adds one query's results to the counts, all but its packed tokens. */
export function addQuery(counts: RerankCounts, results: readonly RankedResult[]): RerankCounts {
  return {
    queries: counts.queries + 1,
    candidates: counts.candidates + results.length,
    truncated: counts.truncated + results.filter(({ truncated }) => truncated).length,
    candidateTokens: results.reduce((sum, { tokens }) => sum + tokens, counts.candidateTokens),
    packedTokens: counts.packedTokens,
  };
}

function inOrderOf(run: Run, finished: Run): Run {
  return new Map(
    [...run.keys()].flatMap((query) => {
      const entries = finished.get(query);
      return entries === undefined ? [] : [[query, entries] as const];
    }),
  );
}

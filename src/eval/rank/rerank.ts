import { RankError } from '../../base/errors.ts';
import type {
  Candidate,
  RankReply,
  RankRequest,
  RankingPipeline,
  Usage,
} from '../../domain/rank.ts';
import type { Passage, Query } from '../data/beir.ts';
import { forEachInFlight } from './in-flight.ts';
import type { Run, RunEntry } from '../data/trec-run.ts';

export interface RerankInput {
  readonly run: Run;
  readonly queries: ReadonlyMap<string, Query>;
  readonly corpus: ReadonlyMap<string, Passage>;
}

export interface RerankOptions {
  /** Candidates of one query that the model orders; the rest follow in the run's order. */
  readonly depth: number;
  /** Most candidates in one request; longer lists are several requests. */
  readonly candidatesPerRequest: number;
  /** Requests kept in the pipeline at once, so that no replica waits for the next one. */
  readonly requestsInFlight: number;
  readonly titles: boolean;
  readonly instruction: string | undefined;
  /** Most tokens a candidate may keep; the context budget when undefined or larger. */
  readonly maxCandidateTokens: number | undefined;
  /** Aborted to stop early: what is finished by then is returned. */
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
  /** Scores are the model's logits. Only finished queries. */
  readonly run: Run;
  readonly counts: RerankCounts;
  readonly interrupted: boolean;
}

const nothing: RerankCounts = {
  queries: 0,
  candidates: 0,
  truncated: 0,
  candidateTokens: 0,
  packedTokens: 0,
};

/**
 * Orders each query's candidates by the model; ties keep the run's order.
 *
 * @throws RankError of the first request that fails, when the others in flight have ended.
 */
export async function rerankRun(
  pipeline: RankingPipeline,
  input: RerankInput,
  options: RerankOptions,
): Promise<Reranked> {
  const finished = new Map<string, readonly RunEntry[]>();
  let counts = nothing;
  const inFlight = { lanes: options.requestsInFlight, signal: options.signal };
  await forEachInFlight(input.run, inFlight, async ([query, entries], signal) => {
    const requests = requestsOf(query, entries, input, options);
    const replies: RankReply[] = [];
    for (const request of requests) {
      replies.push(
        await pipeline.rank(request, {
          ...{ deadlineMs: Infinity, signal },
          ...{ client: 'eval', traceparent: undefined },
        }),
      );
    }
    finished.set(query, reorder(entries, requests, replies));
    counts = add(counts, replies);
    options.onProgress(counts);
  });
  return {
    run: inOrderOf(input.run, finished),
    counts,
    interrupted: finished.size < input.run.size,
  };
}

function requestsOf(
  queryId: string,
  entries: readonly RunEntry[],
  { queries, corpus }: RerankInput,
  options: RerankOptions,
): readonly RankRequest[] {
  const query = known(queries, queryId).text;
  const candidates = entries.slice(0, options.depth).map(({ id }): Candidate => {
    const { title, text } = known(corpus, id);
    return {
      id,
      title: options.titles && title !== '' ? title : undefined,
      text,
      version: undefined,
    };
  });
  const size = options.candidatesPerRequest;
  return Array.from({ length: Math.ceil(candidates.length / size) }, (_, part) => ({
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
  }));
}

function reorder(
  entries: readonly RunEntry[],
  requests: readonly RankRequest[],
  replies: readonly RankReply[],
): readonly RunEntry[] {
  const logits = new Map<string, number>();
  replies.forEach(({ results }, part) => {
    for (const { index, logit } of results) {
      logits.set(requests[part]?.candidates[index]?.id ?? '', logit);
    }
  });
  if (logits.size !== requests.reduce((sum, { candidates }) => sum + candidates.length, 0)) {
    throw new RankError('internal', `${logits.size} candidates were scored; this is a bug`);
  }
  return orderByLogit(entries, logits);
}

/** Those with a logit best first, ties in the run's order; then the others, in the run's order. */
export function orderByLogit(
  entries: readonly RunEntry[],
  logits: ReadonlyMap<string, number>,
): readonly RunEntry[] {
  const scored = entries.flatMap(({ id }) => {
    const score = logits.get(id);
    return score === undefined ? [] : [{ id, score }];
  });
  const lowest = scored.reduce((low, { score }) => Math.min(low, score), 0);
  const rest = entries.filter(({ id }) => !logits.has(id));
  return [
    ...scored.sort((a, b) => b.score - a.score),
    // Below every scored one, in the run's order, for readers that sort by score.
    ...rest.map(({ id }, place) => ({ id, score: lowest - 1 - place })),
  ];
}

function add(counts: RerankCounts, replies: readonly RankReply[]): RerankCounts {
  const sum = (pick: (usage: Usage) => number) =>
    replies.reduce((total, { usage }) => total + pick(usage), 0);
  return {
    queries: counts.queries + 1,
    candidates: counts.candidates + sum(({ scored }) => scored),
    truncated: counts.truncated + sum(({ truncated }) => truncated),
    candidateTokens: counts.candidateTokens + sum(({ candidateTokens }) => candidateTokens),
    packedTokens: counts.packedTokens + sum(({ packedTokens }) => packedTokens),
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

function known<T>(values: ReadonlyMap<string, T>, id: string): T {
  const value = values.get(id);
  if (value === undefined) {
    throw new RankError('internal', `'${id}' was not read from the data; this is a bug`);
  }
  return value;
}

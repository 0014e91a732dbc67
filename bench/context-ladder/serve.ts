import { systemClock } from '../../src/base/clock.ts';
import type { WireRankRequestInput } from '../../src/client/client.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { selectQueries } from '../../src/eval/data/select-queries.ts';
import { forEachInFlight } from '../../src/eval/rank/in-flight.ts';
import type { ParetoData } from '../../src/eval/report/input/data.ts';
import type { ItemServer } from '../items/served.ts';

/** One request: a query and its candidates, with whole texts. */
export interface Request {
  readonly query: string;
  readonly candidates: readonly Passage[];
}

/** Ranks requests in one way. */
export interface Server {
  /** Requests in flight at once: enough of them leave no core idle. */
  readonly lanes: number;
  rank(request: Request): Promise<void>;
  close(): Promise<void>;
}

const callTimeoutMs = 600_000;

/** The requests of a round: queries spread evenly over the run, and their first candidates. */
export function pickRequests(
  { run, queries, corpus }: Pick<ParetoData, 'run' | 'queries' | 'corpus'>,
  count: number,
  depth: number,
): readonly Request[] {
  return [...selectQueries(run, count)].map(([id, entries]) => ({
    query: queries.get(id)?.text ?? '',
    candidates: entries.slice(0, depth).flatMap((entry) => corpus.get(entry.id) ?? []),
  }));
}

/** Ranks by requests that `toCandidates` makes, over gRPC. `close` leaves the server running. */
export function overGrpc(
  { ranking }: Pick<ItemServer, 'ranking'>,
  lanes: number,
  toCandidates: (candidates: readonly Passage[]) => NonNullable<WireRankRequestInput['candidates']>,
): Server {
  return {
    lanes,
    rank: async ({ query, candidates }) => {
      const request = { query, candidates: toCandidates(candidates), noCache: true };
      await ranking.rank(request, callTimeoutMs);
    },
    close: () => Promise.resolve(),
  };
}

/** Seconds for all requests. @throws RankError of the first that fails. */
export async function timeRequests(server: Server, requests: readonly Request[]): Promise<number> {
  const startedAtMs = systemClock.nowMs();
  const { signal } = new AbortController();
  await forEachInFlight(requests, { lanes: server.lanes, signal }, (request) =>
    server.rank(request),
  );
  return (systemClock.nowMs() - startedAtMs) / 1000;
}

import { at } from '../../src/base/at.ts';
import type { Fault, Hands } from './faults.ts';
import { type Asked, addUp, callOnce, callSteadily, type Tally } from './load.ts';
import type { FleetServer } from './servers.ts';

/** Two servers that share scores, and one that shares nothing. */
export interface Fleet {
  readonly first: FleetServer;
  readonly second: FleetServer;
  readonly alone: FleetServer;
}

export interface Figures {
  readonly calls: number;
  readonly failed: number;
  readonly wrong: number;
  /** Share of candidates whose score was not computed. */
  readonly cached: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface FaultRow {
  readonly name: string;
  readonly shared: Figures;
  readonly alone: Figures;
  /** Of the second server, at the end. */
  readonly isBreakerOpen: boolean;
  /** Values that the two servers found to be wrong, while it lasted. */
  readonly bad: number;
  readonly residentMb: number;
}

/** What the second server finds of what the first has computed, call by call. */
export async function measureHits(fleet: Fleet, asked: readonly Asked[]) {
  const tallies: Tally[][] = [[], [], []];
  for (const each of asked) {
    for (const [place, server] of [fleet.first, fleet.second, fleet.alone].entries()) {
      at(tallies, place).push(await callOnce(server.ranking, each));
      // The first server publishes in the background.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const [first, second, alone] = tallies.map((some) => figuresOf(addUp(some)));
  return { first, second, alone };
}

export interface FaultLoad {
  /** Of each server. */
  readonly perSecond: number;
  readonly seconds: number;
}

const figures = {
  breaker: 'slmrank_valkey_breaker_open',
  bad: 'slmrank_fleet_scores_bad_total',
};

/** All servers are under load before, while the fault lasts, and until they have recovered. */
export async function measureFault(
  fleet: Fleet,
  asked: readonly Asked[],
  { fault, hands, load }: { fault: Fault; hands: Hands; load: FaultLoad },
): Promise<FaultRow> {
  const pair = [fleet.first, fleet.second];
  const countBad = async () => {
    const counts = await Promise.all(pair.map((server) => server.figure(figures.bad)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const before = await countBad();
  await fault.begin(hands);
  const servers = [...pair, fleet.alone];
  const tallies = await Promise.all(
    servers.map((server, place) =>
      // The two servers ask for the same pairs at different times.
      callSteadily(server.ranking, asked, { ...load, first: place * 7 }),
    ),
  );
  const isBreakerOpen = (await fleet.second.figure(figures.breaker)) === 1;
  const row = {
    name: fault.name,
    shared: figuresOf(addUp(tallies.slice(0, 2))),
    alone: figuresOf(at(tallies, 2)),
    isBreakerOpen,
    bad: (await countBad()) - before,
    residentMb: fleet.second.residentMb(),
  };
  await fault.end?.(hands);
  hands.proxy.mend();
  await recover(pair, asked);
  return row;
}

const longestRecoveryMs = 40_000;

/** Until both servers get scores from Valkey again, all of them right. */
async function recover(servers: readonly FleetServer[], asked: readonly Asked[]): Promise<void> {
  const lastAtMs = performance.now() + longestRecoveryMs;
  for (let call = 0; performance.now() < lastAtMs; call += 1) {
    const each = at(asked, call % asked.length);
    const tallies = [];
    for (const server of servers) {
      tallies.push(await callOnce(server.ranking, each));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (at(tallies, 1).cached === at(tallies, 1).candidates && call > 0) {
      return;
    }
  }
  throw new Error(`no shared score ${longestRecoveryMs / 1000} s after the fault`);
}

function figuresOf(tally: Tally): Figures {
  const { calls, failed, wrong, cached, candidates, latenciesMs } = tally;
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const quantile = (share: number) =>
    sorted.length === 0 ? NaN : at(sorted, Math.ceil(share * sorted.length) - 1);
  const share = candidates === 0 ? 0 : cached / candidates;
  return { calls, failed, wrong, cached: share, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

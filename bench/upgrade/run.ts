import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../chaos/wait.ts';
import { Account, findFaults } from './core/account.ts';
import { openClient } from './clients/grpc-client.ts';
import { rankByHttp } from './clients/http.ts';
import { rankStreamed } from './clients/streamed.ts';
import type { Traffic } from './clients/traffic.ts';
import { rankFreely, rankLists, rankWithOld } from './clients/unary.ts';
import { Fleet } from './core/fleet.ts';
import type { List, Reference } from './core/lists.ts';
import type { Pair } from './core/models.ts';
import { fingerprintsOf, type Scenario } from './scenarios.ts';

export interface RunOptions {
  readonly pair: Pair;
  readonly reference: Reference;
  readonly lists: readonly List[];
  readonly calmMs: number;
  readonly pauseMs: number;
  readonly onStep: (step: string) => void;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

export interface RunResult {
  readonly title: string;
  readonly clients: ReturnType<Account['report']>;
  readonly steps: readonly {
    readonly server: number;
    readonly what: string;
    readonly ms: number;
  }[];
  readonly upgradeMs: number;
  /** Of answers, in milliseconds: in calm seconds before, during the upgrade, and after it. */
  readonly latency: Readonly<Record<'before' | 'during' | 'after', Quantiles>>;
  /** What the servers have in the end: the new model, or the former. */
  readonly end: string;
  readonly faults: readonly string[];
}

/** The clients of each kind. */
const clients = [
  ...Array.from({ length: 4 }, () => rankFreely),
  ...Array.from({ length: 2 }, () => rankStreamed),
  ...Array.from({ length: 2 }, () => rankWithOld),
  ...Array.from({ length: 3 }, () => rankLists),
  ...Array.from({ length: 2 }, () => rankByHttp),
];

/** Upgrades three servers under load. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunResult> {
  const { pair, reference } = options;
  const folder = await mkdtemp(join(tmpdir(), 'slmrank-upgrade-'));
  const fleet = await Fleet.open(3, folder, pair.b, scenario.damaged);
  await Promise.all(fleet.places.map((_, i) => fleet.start(i, pair.a)));
  try {
    const result = await underLoad(scenario, fleet, options);
    const end = await fingerprintsOf(fleet);
    const wanted = scenario.end === 'new' ? reference.b : reference.a;
    const isRight = end.every((each) => each === wanted);
    return {
      ...result,
      end: end.map((each) => (each === reference.b ? 'new' : 'former')).join(', '),
      faults: [
        ...findFaults(result.clients),
        ...(isRight ? [] : [`not all servers have the ${scenario.end} model in the end`]),
      ],
    };
  } finally {
    await fleet.close();
    await rm(folder, { recursive: true });
  }
}

async function underLoad(
  scenario: Scenario,
  fleet: Fleet,
  options: RunOptions,
): Promise<Omit<RunResult, 'end' | 'faults'>> {
  const { reference, lists, pair, calmMs, pauseMs, onStep } = options;
  const nowMs = () => performance.now();
  const account = new Account(reference, nowMs);
  const untouched = new Set(fleet.places.keys());
  const traffic: Traffic = {
    account,
    channel: openClient(fleet.places),
    lists,
    places: fleet.places,
    old: reference.a,
    nowMs,
    isHeld: (fingerprint) => fingerprint === reference.a && untouched.size > 0,
    isStopped: false,
  };
  const running = clients.map((client, i) => client(traffic, i * 7));
  const steps: RunResult['steps'][number][] = [];
  const startedAtMs = nowMs();
  await sleep(calmMs);
  const beganAtMs = nowMs();
  await scenario.run({
    fleet,
    former: pair.a,
    pauseMs,
    touch: (server) => untouched.delete(server),
    step: (server, what, ms) => {
      steps.push({ server, what, ms: Math.round(ms) });
      onStep(`server ${server}: ${what} (${Math.round(ms)} ms)`);
    },
  });
  const endedAtMs = nowMs();
  await sleep(calmMs);
  traffic.isStopped = true;
  await Promise.all(running);
  traffic.channel.close();
  return {
    title: scenario.title,
    clients: account.report(),
    steps,
    upgradeMs: Math.round(endedAtMs - beganAtMs),
    latency: {
      before: account.latency(startedAtMs, beganAtMs),
      during: account.latency(beganAtMs, endedAtMs),
      after: account.latency(endedAtMs, nowMs()),
    },
  };
}

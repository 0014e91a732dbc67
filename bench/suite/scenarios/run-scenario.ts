import { type Account, reconcile } from '../account/reconcile.ts';
import { type Sent, type Summary, summarizeEnds, type Tally } from '../account/ends.ts';
import type { Stand } from '../server/stand.ts';
import { readCounters, readRuns, type RunTotals, subtract } from '../server/server-record.ts';

/** The load generator. Latency tails of different generators cannot be compared. */
export type Generator = 'Poisson client' | 'closed loop' | 'replay' | 'streams' | 'ghz';

export interface ScenarioResult {
  readonly name: string;
  readonly generator: Generator;
  readonly note: string;
  readonly summary: Summary;
  readonly account: Account;
  /** What the server counted meanwhile; undefined when it cannot be asked. */
  readonly counted: Tally | undefined;
  /** Undefined likewise. */
  readonly runs: RunRates | undefined;
  /** Processor time of the client, in cores. */
  readonly clientCores: number;
  /** On the stand's clock. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly memoryMb: { readonly first: number; readonly last: number; readonly most: number };
  /** Scheduled moment in seconds, latency in milliseconds of answered requests, thinned. */
  readonly points: readonly (readonly [atSeconds: number, ms: number])[];
}

/**
 * What the replicas did during a scenario, so that a loss of throughput can be explained: idle
 * replicas, small batches, scores that no client received, or a slower machine.
 */
export interface RunRates {
  /** Time in runs over the scenario's time: the number of replicas when all are always busy. */
  readonly busyReplicas: number;
  readonly tokensPerBatch: number;
  /** Of a replica in a run. */
  readonly msPerThousandTokens: number;
  /** Candidates run per candidate answered in time; 1 when no work was wasted. */
  readonly runPerAnswered: number;
  /** Share of the time that the server's main thread was busy; near 1 it limits throughput. */
  readonly frontEndBusy: number;
}

export interface ScenarioWords {
  readonly name: string;
  readonly generator: Generator;
  readonly note: string;
  readonly seconds: number;
  readonly deadlineMs: number;
}

const mostPoints = 800;
const pipeMs = 250;
/** For the last lines of the server's log to come through the pipe. */
const logWaitMs = 3000;

/** Runs one scenario and settles its account with the server. */
export async function runScenario(
  stand: Stand,
  words: ScenarioWords,
  send: () => Promise<readonly Sent[]>,
): Promise<ScenarioResult> {
  const { name, generator, note, seconds, deadlineMs } = words;
  // Log lines of requests abandoned in the previous scenario may still be in the pipe.
  await new Promise((resolve) => setTimeout(resolve, pipeMs));
  stand.log?.clear();
  const before = await readServer(stand);
  const cpuBefore = process.cpuUsage();
  const startedMs = stand.nowMs();
  const ends = await send();
  const endedMs = stand.nowMs();
  const { user, system } = process.cpuUsage(cpuBefore);
  await awaitLog(stand, ends);
  const after = await readServer(stand);
  const counted =
    before.counted === undefined || after.counted === undefined
      ? undefined
      : subtract(after.counted, before.counted);
  // Slow readers only disturb the others: the time they left answers unread is not latency.
  const unary = ends.filter(({ method }) => method === 'Rank');
  const account = reconcile(ends, stand.log?.ends);
  return {
    name,
    generator,
    note,
    startedMs,
    endedMs,
    counted,
    runs: ratesBetween(before.runs, after.runs, { spanMs: endedMs - startedMs, ends }),
    summary: summarizeEnds(unary, { seconds, deadlineMs }),
    account: { ...account, problems: [...account.problems, ...checkCounters(stand, counted)] },
    clientCores: (user + system) / 1000 / (endedMs - startedMs),
    memoryMb: memoryBetween(stand, startedMs, endedMs),
    points: thin(unary),
  };
}

interface ServerNumbers {
  readonly counted: Tally | undefined;
  readonly runs: RunTotals | undefined;
}

async function readServer(stand: Stand): Promise<ServerNumbers> {
  const text = (await stand.metrics()) ?? '';
  return { counted: readCounters(text), runs: readRuns(text) };
}

/** Undefined as well when nothing ran. */
export function ratesBetween(
  before: RunTotals | undefined,
  after: RunTotals | undefined,
  { spanMs, ends }: { readonly spanMs: number; readonly ends: readonly Sent[] },
): RunRates | undefined {
  if (before === undefined || after === undefined || after.batches === before.batches) {
    return undefined;
  }
  const busyMs = 1000 * (after.busySeconds - before.busySeconds);
  const tokens = after.packedTokens - before.packedTokens;
  const answered = ends.reduce((sum, { scored }) => sum + scored, 0);
  return {
    busyReplicas: busyMs / spanMs,
    tokensPerBatch: tokens / (after.batches - before.batches),
    msPerThousandTokens: (1000 * busyMs) / tokens,
    runPerAnswered: (after.candidates - before.candidates) / Math.max(1, answered),
    frontEndBusy: (1000 * (after.loopSeconds - before.loopSeconds)) / spanMs,
  };
}

/** The server's counters and its log must agree on the number of requests. */
function checkCounters({ log }: Stand, counted: Tally | undefined): readonly string[] {
  if (log === undefined || counted === undefined) {
    return [];
  }
  const logged = [...log.ends.values()].reduce((sum, { length }) => sum + length, 0);
  const total = Object.values(counted).reduce((sum, count) => sum + count, 0);
  return logged === total
    ? []
    : [`the server's counters rose by ${total}; its log tells of ${logged} requests`];
}

/** Waits for the log lines of answered requests; those of abandoned requests may never come. */
async function awaitLog({ log }: Stand, ends: readonly Sent[]): Promise<void> {
  const owed = ends.filter(({ outcome }) => outcome !== 'expired' && outcome !== 'cancelled');
  const limitMs = performance.now() + logWaitMs;
  do {
    await new Promise((resolve) => setTimeout(resolve, pipeMs));
  } while (
    log !== undefined &&
    performance.now() < limitMs &&
    owed.some(({ id }) => !log.ends.has(id))
  );
}

function memoryBetween({ memory }: Stand, startedMs: number, endedMs: number) {
  const within = memory.filter(({ atMs }) => atMs >= startedMs && atMs <= endedMs);
  const values = within.map(({ mb }) => mb);
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const mean = (some: readonly number[]) => some.reduce((a, b) => a + b, 0) / some.length;
  return values.length === 0
    ? { first: 0, last: 0, most: 0 }
    : {
        first: mean(values.slice(0, quarter)),
        last: mean(values.slice(-quarter)),
        most: Math.max(...values),
      };
}

function thin(ends: readonly Sent[]): readonly (readonly [number, number])[] {
  const answered = ends.filter(({ status }) => status === 'OK');
  const step = Math.max(1, Math.ceil(answered.length / mostPoints));
  return answered
    .filter((_, i) => i % step === 0)
    .map(({ dueMs, endedMs }) => [round(dueMs / 1000), round(endedMs - dueMs)]);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

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
  /** Outcomes that the server counted during the scenario; undefined without its metrics. */
  readonly counted: Tally | undefined;
  /** Undefined without the server's metrics, or if nothing ran. */
  readonly runs: RunRates | undefined;
  /** Processor time of the client, in cores. */
  readonly clientCores: number;
  /** These moments are on the stand's clock. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly memoryMb: { readonly first: number; readonly last: number; readonly most: number };
  /** Scheduled moment and latency of answered requests; of many requests, a regular sample. */
  readonly points: readonly (readonly [atSeconds: number, ms: number])[];
}

/**
 * What the replicas did during a scenario, so that a loss of throughput can be explained: idle
 * replicas, small batches, scores that no client received, or a slower machine.
 */
export interface RunRates {
  /** The mean number of replicas that were in a run. */
  readonly busyReplicas: number;
  readonly tokensPerBatch: number;
  /** Time of a replica for 1,000 packed tokens. */
  readonly msPerThousandTokens: number;
  /** Candidates run per candidate that a client received; 1 if no work was wasted. */
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
/** The longest to wait for the last lines of the server's log. */
const logWaitMs = 3000;

/** Runs a scenario and compares the client's account with the server's. */
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
  const startedAtMs = stand.nowMs();
  const ends = await send();
  const endedAtMs = stand.nowMs();
  const { user, system } = process.cpuUsage(cpuBefore);
  await awaitLog(stand, ends);
  const after = await readServer(stand);
  const counted =
    before.counted === undefined || after.counted === undefined
      ? undefined
      : subtract(after.counted, before.counted);
  // Streams belong to slow readers, whose time without reading is not latency.
  const unary = ends.filter(({ method }) => method === 'Rank');
  const account = reconcile(ends, stand.log?.ends);
  return {
    name,
    generator,
    note,
    startedAtMs,
    endedAtMs,
    counted,
    runs: ratesBetween(before.runs, after.runs, { spanMs: endedAtMs - startedAtMs, ends }),
    summary: summarizeEnds(unary, { seconds, deadlineMs }),
    account: { ...account, problems: [...account.problems, ...checkCounters(stand, counted)] },
    clientCores: (user + system) / 1000 / (endedAtMs - startedAtMs),
    memoryMb: memoryBetween(stand, startedAtMs, endedAtMs),
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

/** Undefined if a total is missing or nothing ran. */
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
    : [`the server's counters rose by ${total}, but its log has ${logged} requests`];
}

/** Waits for the log lines of answered requests; those of abandoned requests may never come. */
async function awaitLog({ log }: Stand, ends: readonly Sent[]): Promise<void> {
  const answered = ends.filter(({ outcome }) => outcome !== 'expired' && outcome !== 'cancelled');
  const limitAtMs = performance.now() + logWaitMs;
  do {
    await new Promise((resolve) => setTimeout(resolve, pipeMs));
  } while (
    log !== undefined &&
    performance.now() < limitAtMs &&
    answered.some(({ id }) => !log.ends.has(id))
  );
}

function memoryBetween({ memory }: Stand, startedAtMs: number, endedAtMs: number) {
  const within = memory.filter(({ atMs }) => atMs >= startedAtMs && atMs <= endedAtMs);
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
    .map(({ dueAtMs, endedAtMs }) => [round(dueAtMs / 1000), round(endedAtMs - dueAtMs)]);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

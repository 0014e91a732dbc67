import { type Ask, type Capacity, forecast } from './forecast.ts';

/** What to tell a request that would end after its deadline. */
export interface LateAdvice {
  /** From now to its deadline. */
  readonly leftMs: number;
  /** How long it would run on a server that has nothing else to do. */
  readonly aloneMs: number;
  /** When it would be in time with as long a deadline, if nobody else came; undefined: never. */
  readonly waitMs: number | undefined;
  /** How many of its candidates, from `aloneMs` on the same server, would end in time, and their packed tokens. */
  readonly fitting: { readonly candidates: number; readonly packedTokens: number };
}

/** What a request would find, and of what it is to be told. */
interface Prospect {
  readonly aheadTokens: number;
  readonly capacity: Capacity;
  readonly nowMs: number;
}

/** A wait is searched for in so many halvings of the time until nothing is left to wait for. */
const halvings = 10;

export function adviseLate(ask: Ask, prospect: Prospect): LateAdvice {
  const { capacity, nowMs } = prospect;
  const idle = { ...capacity, marginMs: 0, busyMs: capacity.busyMs.map(() => 0) };
  const alone = (candidates: number) => {
    const packedTokens = sizeOf(ask, candidates);
    return { packedTokens, ...forecast({ ...ask, candidates, packedTokens }, 0, idle, nowMs) };
  };
  const { runMs: aloneMs, inTime } = alone(ask.candidates);
  const candidates = inTime
    ? ask.candidates
    : findLast(ask.candidates, (count) => alone(count).inTime);
  return {
    ...{ leftMs: ask.deadlineMs - nowMs, aloneMs },
    waitMs: inTime ? findWait(ask, prospect) : undefined,
    fitting: { candidates, packedTokens: candidates === 0 ? 0 : sizeOf(ask, candidates) },
  };
}

/** Packed tokens of so many of its candidates, were all alike. */
function sizeOf({ packedTokens, candidates, prefixTokens = 0 }: Ask, count: number): number {
  const each = (packedTokens - prefixTokens) / candidates;
  return Math.round(prefixTokens + count * each);
}

/** The largest number below `most` for which it holds, as it does for all smaller ones; 0 when for none. */
function findLast(most: number, holds: (count: number) => boolean): number {
  let [good, bad] = [0, most];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    [good, bad] = holds(middle) ? [middle, bad] : [good, middle];
  }
  return good;
}

/** The shortest wait after which it would be in time; at the latest when the server has nothing else to do. */
function findWait(ask: Ask, { aheadTokens, capacity, nowMs }: Prospect): number {
  const { busyMs, power, tokenBudget } = capacity;
  const batches = Math.max(1, Math.ceil(aheadTokens / tokenBudget));
  const aheadMs = batches * power.togetherMs({ packedTokens: aheadTokens / batches });
  const isInTime = (waitMs: number) => {
    const left = leftAfter(waitMs, { busyMs, aheadMs });
    const tokens = aheadMs > 0 ? aheadTokens * (left.aheadMs / aheadMs) : 0;
    const later = { ...ask, deadlineMs: ask.deadlineMs + waitMs };
    return forecast(later, tokens, { ...capacity, busyMs: left.busyMs }, nowMs + waitMs).inTime;
  };
  let [early, late] = [0, (busyMs.at(-1) ?? 0) + aheadMs];
  for (let i = 0; i < halvings; i++) {
    const middle = (early + late) / 2;
    [early, late] = isInTime(middle) ? [early, middle] : [middle, late];
  }
  return late;
}

interface Backlog {
  readonly busyMs: readonly number[];
  /** Of what waits, as all replicas together would do it. */
  readonly aheadMs: number;
}

/** What is left of the work after a wait, in which each replica goes on with what waits once it is free. */
function leftAfter(waitMs: number, { busyMs, aheadMs }: Backlog): Backlog {
  const free = busyMs.reduce((sum, busy) => sum + Math.max(0, waitMs - busy), 0);
  return {
    busyMs: busyMs.map((busy) => Math.max(0, busy - waitMs)),
    aheadMs: Math.max(0, aheadMs - free / Math.max(1, busyMs.length)),
  };
}

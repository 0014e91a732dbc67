import { at } from '../../src/base/at.ts';
import { CallError } from '../../src/client/call.ts';
import type { RankingClient, WireRankRequestInput } from '../../src/client/client.ts';
import { sleep } from '../chaos/wait.ts';
import type { Sent } from './figures.ts';

export interface Load {
  readonly client: Pick<RankingClient, 'rank'>;
  /** Sent in turn. */
  readonly requests: readonly WireRankRequestInput[];
  readonly timeoutMs: number;
}

export interface OpenLoop {
  /** Sends nothing more; resolves when every request has ended. */
  stop(): Promise<readonly Sent[]>;
  /** Resolves when the last arrival has been sent. */
  readonly isOver: Promise<void>;
}

/**
 * Sends requests when they are due, however many are unanswered.
 *
 * @param arrivals milliseconds from the start of the schedule, ascending.
 * @param fromMs where in the schedule to begin.
 */
export function startOpenLoop(load: Load, arrivals: readonly number[], fromMs: number): OpenLoop {
  const startedAtMs = performance.now() - fromMs;
  const sending: Promise<Sent>[] = [];
  const stopped = new AbortController();
  const run = async () => {
    for (const [place, dueMs] of arrivals.entries()) {
      if (dueMs < fromMs) {
        continue;
      }
      await until(startedAtMs + dueMs, stopped.signal);
      if (stopped.signal.aborted) {
        return;
      }
      sending.push(send(load, at(load.requests, place % load.requests.length)));
    }
  };
  const isOver = run();
  return {
    isOver,
    stop: async () => {
      stopped.abort();
      await isOver;
      return await Promise.all(sending);
    },
  };
}

const longestNapMs = 100;

async function until(atMs: number, signal: AbortSignal): Promise<void> {
  for (
    let leftMs = atMs - performance.now();
    leftMs > 0 && !signal.aborted;
    leftMs = atMs - performance.now()
  ) {
    await sleep(Math.min(leftMs, longestNapMs));
  }
}

/** The moments of the answers of `count` requests, so many of them in flight. @throws CallError */
export async function sendClosedLoop(
  { client, requests, timeoutMs }: Load,
  { count, inFlight }: { readonly count: number; readonly inFlight: number },
): Promise<readonly number[]> {
  const answeredAtMs: number[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const request = at(requests, next % requests.length);
      next += 1;
      await client.rank(request, timeoutMs);
      answeredAtMs.push(performance.now());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return answeredAtMs;
}

async function send({ client, timeoutMs }: Load, request: WireRankRequestInput): Promise<Sent> {
  const sentAtMs = performance.now();
  const ended = (code: string) => ({ sentAtMs, endedAtMs: performance.now(), code });
  try {
    await client.rank(request, timeoutMs);
    return ended('OK');
  } catch (error) {
    if (error instanceof CallError) {
      return ended(error.code);
    }
    throw error;
  }
}

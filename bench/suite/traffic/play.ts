import type { Sent } from '../account/ends.ts';
import type { Message, Sender } from './sender.ts';
import { at } from '../../../src/base/at.ts';

/** What to send and when; `atMs` from the start of the scenario, ascending. */
export interface Planned {
  readonly atMs: number;
  readonly message: Message;
  readonly deadlineMs: number | undefined;
  readonly cancelAfterMs?: number;
}

/** Timers are coarse and late on a busy machine, so the last part of a wait polls instead. */
const spinMs = 1.5;

/**
 * Open loop: sends each request at its scheduled time, whether or not earlier ones were answered.
 * Resolves when all have ended, with times since the start of the scenario.
 */
export async function play(
  sender: Sender,
  name: string,
  plan: readonly Planned[],
): Promise<readonly Sent[]> {
  const startMs = sender.nowMs();
  const pending: Promise<Sent>[] = [];
  for (const [i, { atMs, ...planned }] of plan.entries()) {
    await until(sender, startMs + atMs);
    pending.push(sender.send({ ...planned, id: `${name}-${i}`, dueMs: startMs + atMs }));
  }
  return (await Promise.all(pending)).map((sent) => shift(sent, startMs));
}

/** Closed loop: keeps a fixed number of requests in flight for some time, to measure capacity. */
export async function saturate(
  sender: Sender,
  name: string,
  options: {
    readonly messages: readonly Message[];
    readonly inFlight: number;
    readonly seconds: number;
  },
): Promise<readonly Sent[]> {
  const { messages, inFlight, seconds } = options;
  const startMs = sender.nowMs();
  const ends: Sent[] = [];
  let count = 0;
  const loop = async () => {
    while (sender.nowMs() - startMs < 1000 * seconds) {
      const i = count++;
      const message = at(messages, i % messages.length);
      const dueMs = sender.nowMs();
      ends.push(await sender.send({ id: `${name}-${i}`, message, dueMs, deadlineMs: undefined }));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return ends.map((sent) => shift(sent, startMs));
}

function shift(sent: Sent, startMs: number): Sent {
  const { dueMs, sentMs, endedMs, ends } = sent;
  return {
    ...sent,
    // Read only now, so that a second end is counted as well.
    ends,
    dueMs: dueMs - startMs,
    sentMs: sentMs - startMs,
    endedMs: endedMs - startMs,
  };
}

async function until(sender: Sender, momentMs: number): Promise<void> {
  for (let left = momentMs - sender.nowMs(); left > 0; left = momentMs - sender.nowMs()) {
    const waitMs = left - spinMs;
    await new Promise((resolve) =>
      waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve),
    );
  }
}

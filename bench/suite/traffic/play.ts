import type { Sent } from '../account/ends.ts';
import type { Message, Sender } from './sender.ts';
import { at } from '../../../src/base/at.ts';

/** A request and when to send it. `atMs` counts from the start of the scenario, and ascends. */
export interface Planned {
  readonly atMs: number;
  readonly message: Message;
  readonly deadlineMs: number | undefined;
  readonly cancelAfterMs?: number;
}

/** What sends the requests: one sender, or several that share them. */
export type Sending = Pick<Sender, 'nowMs' | 'send'>;

/** Timers are coarse and late on a busy machine, so the last part of a wait polls the clock. */
const spinMs = 1.5;

/**
 * An open loop: sends each request at its scheduled time, whether or not earlier ones are answered.
 * Resolves when all have ended, with times from the start of the scenario.
 */
export async function play(
  sender: Sending,
  name: string,
  plan: readonly Planned[],
): Promise<readonly Sent[]> {
  const startedAtMs = sender.nowMs();
  const pending: Promise<Sent>[] = [];
  for (const [i, { atMs, ...planned }] of plan.entries()) {
    await until(sender, startedAtMs + atMs);
    pending.push(sender.send({ ...planned, id: `${name}-${i}`, dueAtMs: startedAtMs + atMs }));
  }
  return (await Promise.all(pending)).map((sent) => shift(sent, startedAtMs));
}

/** A closed loop: keeps a fixed number of requests in flight for some time, to measure capacity. */
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
  const startedAtMs = sender.nowMs();
  const ends: Sent[] = [];
  let count = 0;
  const loop = async () => {
    while (sender.nowMs() - startedAtMs < 1000 * seconds) {
      const i = count++;
      const message = at(messages, i % messages.length);
      const dueAtMs = sender.nowMs();
      ends.push(await sender.send({ id: `${name}-${i}`, message, dueAtMs, deadlineMs: undefined }));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return ends.map((sent) => shift(sent, startedAtMs));
}

function shift(sent: Sent, startedAtMs: number): Sent {
  const { dueAtMs, sentAtMs, endedAtMs, ends } = sent;
  return {
    ...sent,
    // This getter is read late, so that a second end is counted too.
    ends,
    dueAtMs: dueAtMs - startedAtMs,
    sentAtMs: sentAtMs - startedAtMs,
    endedAtMs: endedAtMs - startedAtMs,
  };
}

async function until(sender: Sending, atMs: number): Promise<void> {
  for (let left = atMs - sender.nowMs(); left > 0; left = atMs - sender.nowMs()) {
    const waitMs = left - spinMs;
    await new Promise((resolve) =>
      waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve),
    );
  }
}

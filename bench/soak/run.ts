import type { Sent } from '../suite/account/ends.ts';
import type { Sender } from '../suite/traffic/sender.ts';
import { drawKind, loadFactor } from './plan.ts';
import type { SoakTraffic } from './traffic.ts';

/** Bounds the client's memory at high rates. */
export const mostRequests = 500_000;

export interface SoakRun {
  readonly sender: Sender;
  readonly traffic: SoakTraffic;
  readonly random: () => number;
  readonly minutes: number;
  /** Mean rate. */
  readonly perSecond: number;
  readonly onProgress: (progress: { minute: number; sent: number; open: number }) => void;
}

const progressMs = 15_000;

/** An open loop until the time is over. Resolves, when all have ended, to the ranking requests. */
export async function runSoak(run: SoakRun): Promise<readonly Sent[]> {
  const { sender, traffic, random, minutes, perSecond, onProgress } = run;
  const ends: Sent[] = [];
  const open = new Set<Promise<void>>();
  const startedAtMs = sender.nowMs();
  const elapsedMs = () => sender.nowMs() - startedAtMs;
  let sent = 0;
  const timer = setInterval(
    () => onProgress({ minute: elapsedMs() / 60_000, sent, open: open.size }),
    progressMs,
  );
  let dueAtMs = 0;
  while (elapsedMs() < 60_000 * minutes && sent < mostRequests) {
    const rate = Math.max(0.1, perSecond * loadFactor(dueAtMs));
    dueAtMs += (-1000 * Math.log(1 - random())) / rate;
    const waitMs = dueAtMs - elapsedMs();
    if (waitMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    const sending = traffic.send(drawKind(random), `soak-${sent}`).then((all) => {
      ends.push(...all);
      open.delete(sending);
    });
    open.add(sending);
    sent += 1;
  }
  await Promise.all(open);
  clearInterval(timer);
  return ends;
}

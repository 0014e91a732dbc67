import type { Sent } from '../suite/account/ends.ts';
import type { Sender } from '../suite/traffic/sender.ts';
import { drawKind, loadFactor } from './plan.ts';
import type { SoakTraffic } from './traffic.ts';

/** Bounds the memory of the client, whatever the rate. */
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

/** Sends until the time is over, in an open loop; resolves when all has ended, to every ranking request's end. */
export async function runSoak(run: SoakRun): Promise<readonly Sent[]> {
  const { sender, traffic, random, minutes, perSecond, onProgress } = run;
  const ends: Sent[] = [];
  const open = new Set<Promise<void>>();
  const startMs = sender.nowMs();
  const elapsed = () => sender.nowMs() - startMs;
  let sent = 0;
  const timer = setInterval(
    () => onProgress({ minute: elapsed() / 60_000, sent, open: open.size }),
    progressMs,
  );
  let dueMs = 0;
  while (elapsed() < 60_000 * minutes && sent < mostRequests) {
    const rate = Math.max(0.1, perSecond * loadFactor(dueMs));
    dueMs += (-1000 * Math.log(1 - random())) / rate;
    const waitMs = dueMs - elapsed();
    if (waitMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    const one = traffic.send(drawKind(random), `soak-${sent}`).then((all) => {
      ends.push(...all);
      open.delete(one);
    });
    open.add(one);
    sent += 1;
  }
  await Promise.all(open);
  clearInterval(timer);
  return ends;
}

import { systemClock } from '../../../src/base/clock.ts';

/** Waits for a condition that sockets bring about; fails after five seconds. */
export async function until(isTrue: () => boolean): Promise<void> {
  const lastAtMs = systemClock.nowMs() + 5000;
  while (!isTrue()) {
    if (systemClock.nowMs() > lastAtMs) {
      throw new Error(`not in time: ${String(isTrue)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

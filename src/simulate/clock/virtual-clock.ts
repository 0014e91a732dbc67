import type { Clock } from '../../base/clock.ts';
import { Heap } from './heap.ts';

interface Alarm {
  readonly atMs: number;
  /** Alarms of the same moment fire in the order in which they were set. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/** A clock that jumps from one alarm to the next. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #set = 0;
  readonly #alarms = new Heap<Alarm>(isBefore);

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, callback: () => void): () => void {
    const alarm: Alarm = { atMs, order: this.#set++, callback };
    this.#alarms.push(alarm);
    return () => {
      alarm.callback = undefined;
    };
  }

  /** Fires every alarm, letting promises settle in between, until none is left. */
  async run(): Promise<void> {
    await settle();
    for (let alarm = this.#alarms.pop(); alarm !== undefined; alarm = this.#alarms.pop()) {
      if (alarm.callback !== undefined) {
        this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
        alarm.callback();
        await settle();
      }
    }
  }
}

function isBefore(a: Alarm, b: Alarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Resolves once all pending promise callbacks have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

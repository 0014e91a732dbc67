import type { Clock } from '../base/clock.ts';

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
  /** A binary heap by `atMs` and order. */
  readonly #alarms: Alarm[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, callback: () => void): () => void {
    const alarm: Alarm = { atMs, order: this.#set++, callback };
    this.#push(alarm);
    return () => {
      alarm.callback = undefined;
    };
  }

  /** Fires every alarm, letting promises settle in between, until none is left. */
  async run(): Promise<void> {
    await settle();
    for (let alarm = this.#pop(); alarm !== undefined; alarm = this.#pop()) {
      if (alarm.callback !== undefined) {
        this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
        alarm.callback();
        await settle();
      }
    }
  }

  #push(alarm: Alarm): void {
    const alarms = this.#alarms;
    let place = alarms.length;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      const above = alarms[parent];
      if (above === undefined || isBefore(above, alarm)) {
        break;
      }
      alarms[place] = above;
      place = parent;
    }
    alarms[place] = alarm;
  }

  #pop(): Alarm | undefined {
    const alarms = this.#alarms;
    const first = alarms[0];
    const last = alarms.pop();
    if (last !== undefined && alarms.length > 0) {
      this.#sink(last);
    }
    return first;
  }

  /** Inserts an alarm at the top of the heap. */
  #sink(alarm: Alarm): void {
    const alarms = this.#alarms;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [a, b] = [alarms[left], alarms[left + 1]];
      const [child, below] =
        a !== undefined && b !== undefined && isBefore(b, a) ? [left + 1, b] : [left, a];
      if (below === undefined || isBefore(alarm, below)) {
        break;
      }
      alarms[place] = below;
      place = child;
    }
    alarms[place] = alarm;
  }
}

function isBefore(a: Alarm, b: Alarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Resolves once all pending promise callbacks have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import type { Clock } from '../base/clock.ts';

interface Alarm {
  readonly momentMs: number;
  /** Of equal moments the earlier set goes off first. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Time that jumps from one alarm to the next. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #set = 0;
  /** A binary heap by moment and order. */
  readonly #alarms: Alarm[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  at(momentMs: number, callback: () => void): () => void {
    const alarm: Alarm = { momentMs, order: this.#set++, callback };
    this.#push(alarm);
    return () => {
      alarm.callback = undefined;
    };
  }

  /** Lets every alarm go off, and all that follows from it settle, until there is none. */
  async run(): Promise<void> {
    await settle();
    for (let alarm = this.#pop(); alarm !== undefined; alarm = this.#pop()) {
      if (alarm.callback !== undefined) {
        this.#nowMs = Math.max(this.#nowMs, alarm.momentMs);
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

  /** Puts an alarm in from the top. */
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
  return a.momentMs < b.momentMs || (a.momentMs === b.momentMs && a.order < b.order);
}

/** Everything that waits on promises alone goes on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

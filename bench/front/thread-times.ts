import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of a process since its start, in milliseconds, by the names of its threads. */
export interface ThreadTimes {
  readonly main: number;
  readonly encoder: number;
  readonly replica: number;
  /** Garbage collection, compilation, libuv and the rest. */
  readonly others: number;
  /** How long the main thread could have run but waited for a core. */
  readonly mainWaited: number;
}

/**
 * Reads /proc/PID/task/TID/schedstat (Linux, Documentation/scheduler/sched-stats.rst): nanoseconds
 * on a core, nanoseconds waiting for one. NaN where there is none.
 */
export function readThreadTimes(pid: number): ThreadTimes {
  const times = { main: 0, encoder: 0, replica: 0, others: 0, mainWaited: 0 };
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const folder = `/proc/${pid}/task/${thread}`;
      const name = readFileSync(`${folder}/comm`, 'utf8').trim();
      const [ran = NaN, waited = NaN] = readFileSync(`${folder}/schedstat`, 'utf8')
        .split(' ')
        .map((text) => Number(text) / 1e6);
      if (thread === String(pid)) {
        times.main = ran;
        times.mainWaited = waited;
      } else {
        times[name === 'encoder' || name === 'replica' ? name : 'others'] += ran;
      }
    }
    return times;
  } catch {
    return { main: NaN, encoder: NaN, replica: NaN, others: NaN, mainWaited: NaN };
  }
}

export function timesSince(before: ThreadTimes, after: ThreadTimes): ThreadTimes {
  return {
    main: after.main - before.main,
    encoder: after.encoder - before.encoder,
    replica: after.replica - before.replica,
    others: after.others - before.others,
    mainWaited: after.mainWaited - before.mainWaited,
  };
}

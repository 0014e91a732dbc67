import { coreWaitMs } from '../load/watch-memory.ts';
import { readSample } from '../suite/server/server-record.ts';
import type { Stand } from '../suite/server/stand.ts';
import type { Sample } from './plateau.ts';

/** The series sampled during the soak. */
export interface Samples {
  readonly residentMb: readonly Sample[];
  readonly heapMb: readonly Sample[];
  readonly outsideMb: readonly Sample[];
  /** The longest delay in a second, averaged over an interval. */
  readonly lagMs: readonly Sample[];
  /** Milliseconds per second that the main thread waited for a core; it shows other load. */
  readonly waitMs: readonly Sample[];
}

export interface Sampler {
  readonly samples: Samples;
  stop(): void;
}

const mb = 2 ** 20;

/** Reads the server's metrics at an interval. Values that cannot be read are skipped. */
export function startSampler(stand: Stand, everyMs: number): Sampler {
  const samples = {
    residentMb: [] as Sample[],
    heapMb: [] as Sample[],
    outsideMb: [] as Sample[],
    lagMs: [] as Sample[],
    waitMs: [] as Sample[],
  };
  let lag = { sum: 0, count: 0 };
  let waited = { minute: NaN, ms: NaN };
  const take = async () => {
    const minute = stand.nowMs() / 60_000;
    const text = (await stand.metrics().catch(() => undefined)) ?? '';
    const add = (to: Sample[], value: number | undefined) => {
      if (value !== undefined && Number.isFinite(value)) {
        to.push({ minute, value });
      }
    };
    const bytes = (kind: string) =>
      (readSample(text, `slmrank_process_memory_bytes{kind="${kind}"}`) ?? NaN) / mb;
    add(samples.residentMb, stand.memory.at(-1)?.mb);
    add(samples.heapMb, bytes('heap_used'));
    add(samples.outsideMb, bytes('external') + bytes('array_buffers'));
    const next = {
      sum: readSample(text, 'slmrank_event_loop_lag_seconds_sum') ?? NaN,
      count: readSample(text, 'slmrank_event_loop_lag_seconds_count') ?? NaN,
    };
    add(samples.lagMs, (1000 * (next.sum - lag.sum)) / (next.count - lag.count));
    lag = next;
    const now = { minute, ms: stand.pid === undefined ? NaN : (coreWaitMs(stand.pid) ?? NaN) };
    add(samples.waitMs, (now.ms - waited.ms) / (60 * (now.minute - waited.minute)));
    waited = now;
  };
  const timer = setInterval(() => void take(), everyMs);
  return { samples, stop: () => clearInterval(timer) };
}

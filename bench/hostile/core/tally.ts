/** How the messages of one kind ended. */
export interface KindTally {
  readonly kind: string;
  readonly sent: number;
  readonly endings: Readonly<Record<string, number>>;
}

/** A message whose ending its kind does not allow. */
export interface Breach {
  readonly kind: string;
  /** Reproduces the message. */
  readonly seed: number;
  readonly ending: string;
}

/** Counts endings by kind, and keeps the first 20 breaches. */
export class Tally {
  readonly #kinds = new Map<string, Map<string, number>>();
  readonly breaches: Breach[] = [];
  breachCount = 0;

  note(found: Breach, allowed: readonly string[]): void {
    const endings = this.#kinds.get(found.kind) ?? new Map<string, number>();
    this.#kinds.set(found.kind, endings);
    endings.set(found.ending, (endings.get(found.ending) ?? 0) + 1);
    if (!allowed.includes(found.ending)) {
      this.breachCount += 1;
      if (this.breaches.length < 20) {
        this.breaches.push(found);
      }
    }
  }

  kinds(): KindTally[] {
    return [...this.#kinds].map(([kind, endings]) => ({
      kind,
      sent: [...endings.values()].reduce((sum, count) => sum + count, 0),
      endings: Object.fromEntries([...endings].sort(([, a], [, b]) => b - a)),
    }));
  }
}

/** The server's resident memory after this many messages. */
export interface MemorySample {
  readonly messages: number;
  readonly mb: number;
}

export interface MemoryTrend {
  readonly startMb: number;
  readonly peakMb: number;
  readonly endMb: number;
  /** By least squares over the second half of the run. */
  readonly slopeMbPer10k: number;
  /** Growth over the second half by that slope, as a share of the mean memory. */
  readonly growth: number;
}

/** Undefined for fewer than eight samples in the second half, which are too few for a trend. */
export function trendOf(samples: readonly MemorySample[]): MemoryTrend | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) {
    return undefined;
  }
  const half = samples.filter(({ messages }) => messages >= last.messages / 2);
  if (half.length < 8) {
    return undefined;
  }
  const mean = (of: (sample: MemorySample) => number) =>
    half.reduce((sum, sample) => sum + of(sample), 0) / half.length;
  const [meanX, meanY] = [mean(({ messages }) => messages), mean(({ mb }) => mb)];
  const variance = mean(({ messages }) => (messages - meanX) ** 2);
  const slope = mean(({ messages, mb }) => (messages - meanX) * (mb - meanY)) / variance;
  return {
    startMb: first.mb,
    peakMb: Math.max(...samples.map(({ mb }) => mb)),
    endMb: last.mb,
    slopeMbPer10k: slope * 10_000,
    growth: (slope * (last.messages / 2)) / meanY,
  };
}

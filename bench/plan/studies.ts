import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import type { BalancingPolicy } from '../../src/simulate/balance/pick.ts';
import type { Failure } from '../../src/simulate/fleet/failures.ts';
import type { Ending } from '../../src/simulate/server/simulated-server.ts';
import { burstCurve, dayCurve, steady } from '../../src/simulate/traffic/rate.ts';
import { capacityOf, latencyOf, type Outcome, runTrial, targetMs } from './run.ts';
import type { Found } from './search.ts';
import type { Step } from './steps.ts';

export interface LoadPoint extends Outcome {
  readonly candidates: number;
  readonly bursts: number;
  readonly load: number;
}

/** p99 against load, for small and large requests, steady and in bursts. */
export async function studyLoads(steps: readonly Step[]): Promise<readonly LoadPoint[]> {
  const points: LoadPoint[] = [];
  const seconds = 12;
  for (const step of steps) {
    for (const bursts of [1, 2]) {
      for (const load of [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]) {
        const curve = bursts === 1 ? steady : burstCurve(createRandom(9), 1_000 * seconds, bursts);
        const trial = { servers: step.ranked === 50 ? 20 : 60, seconds, curve };
        const { outcome } = await runTrial(step, {
          ...trial,
          itemsPerGpu: load * capacityOf(step),
        });
        points.push({ candidates: step.ranked, bursts, load, ...outcome });
      }
    }
  }
  return points;
}

export interface SizePoint extends Outcome {
  readonly servers: number;
  readonly wallSeconds: number;
}

/** Fleets of several sizes up to the whole one, at nine tenths of the load found. */
export async function studySizes({
  step,
  itemsPerGpu,
  gpus,
}: Found): Promise<readonly SizePoint[]> {
  const points: SizePoint[] = [];
  for (const servers of [24, 48, 192, Math.ceil(gpus / step.gpus)]) {
    const startedAtMs = performance.now();
    // As long for all: near its capacity a fleet takes seconds to reach its usual queues.
    const trial = { servers, itemsPerGpu: 0.9 * itemsPerGpu, seconds: 8 };
    const { outcome } = await runTrial(step, trial);
    const wallSeconds = (performance.now() - startedAtMs) / 1_000;
    points.push({ servers, wallSeconds, ...outcome });
  }
  return points;
}

/** What happens to 48 servers, of which one stands for a rack of 32 GPUs in 1,500. */
const fleetServers = 48;
const failAtMs = 8_000;
const failSeconds = 24;
const span = { first: 0, atMs: failAtMs, untilMs: 16_000 };
export const failureCases: Readonly<Record<string, readonly Failure[]>> = {
  nothing: [],
  'rack, noticed after 5 s': [{ ...span, kind: 'rack', servers: 1, detectMs: 5_000 }],
  'rack, not noticed': [{ ...span, kind: 'rack', servers: 1, detectMs: 60_000 }],
  'one GPU a third as fast': [{ ...span, kind: 'slow', servers: 1, factor: 3 }],
  'swap halves the speed of 10 %': [{ ...span, kind: 'slow', share: 0.1, factor: 2 }],
  'swap stalls 10 % for 8 s': [{ ...span, kind: 'stall', share: 0.1 }],
  'restart, 1 at a time': [
    { first: 0, kind: 'restart', servers: 8, atMs: failAtMs, untilMs: 0, atOnce: 1, downMs: 1_000 },
  ],
};

export const failurePolicies = ['round_robin', 'weighted_round_robin', 'least_request'] as const;

export interface FailurePoint {
  readonly failure: string;
  readonly policy: BalancingPolicy;
  /** The share answered in time, of the requests from the failure to its end. */
  readonly inTime: number;
  readonly p99: number;
  /** The same by the second, from the start of the run. */
  readonly bySecond: readonly number[];
}

/** Every failure under three policies, at nine tenths of the load that the search found. */
export async function studyFailures({
  step,
  itemsPerGpu,
}: Found): Promise<readonly FailurePoint[]> {
  const points: FailurePoint[] = [];
  for (const [failure, failures] of Object.entries(failureCases)) {
    for (const policy of failurePolicies) {
      const { endings } = await runTrial(step, {
        servers: fleetServers,
        itemsPerGpu: 0.9 * itemsPerGpu,
        seconds: failSeconds,
        policy,
        failures,
      });
      const during = between(endings, span.atMs, span.untilMs);
      const latencies = during.map(latencyOf).sort((a, b) => a - b);
      points.push({
        failure,
        policy,
        inTime: shareInTime(during),
        p99: at(latencies, Math.floor(0.99 * (latencies.length - 1))),
        bySecond: Array.from({ length: failSeconds }, (_, second) =>
          shareInTime(between(endings, 1_000 * second, 1_000 * (second + 1))),
        ),
      });
    }
  }
  return points;
}

export interface HourPoint {
  readonly hour: number;
  /** Items a second over the peak's. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly inTime: number;
}

const daySeconds = 240;

/** A day, compressed into four minutes, whose peak is the load that the search found. */
export async function studyDay({ step, itemsPerGpu }: Found): Promise<readonly HourPoint[]> {
  const curve = dayCurve(1_000 * daySeconds);
  const trial = { servers: 12, seconds: daySeconds, itemsPerGpu: itemsPerGpu / curve.most, curve };
  const { endings } = await runTrial(step, trial);
  const hourMs = (1_000 * daySeconds) / 24;
  return Array.from({ length: 24 }, (_, hour) => {
    const own = between(endings, hour * hourMs, (hour + 1) * hourMs);
    const latencies = own.map(latencyOf).sort((a, b) => a - b);
    const quantile = (share: number) => at(latencies, Math.floor(share * (latencies.length - 1)));
    const rate = curve.at((hour + 0.5) * hourMs) / curve.most;
    return { hour, rate, p50: quantile(0.5), p99: quantile(0.99), inTime: shareInTime(own) };
  });
}

function between(endings: readonly Ending[], fromMs: number, toMs: number): readonly Ending[] {
  return endings.filter(({ arrival: { atMs } }) => atMs >= fromMs && atMs < toMs);
}

function shareInTime(endings: readonly Ending[]): number {
  return endings.filter((ending) => latencyOf(ending) <= targetMs).length / endings.length;
}

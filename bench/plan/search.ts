import { clamp } from '../../src/base/clamp.ts';
import { capacityOf, enough, type Outcome, runTrial } from './run.ts';
import type { Step } from './steps.ts';

export interface Found {
  readonly step: Step;
  /** Items a second of a GPU that always runs full batches. */
  readonly capacity: number;
  /** The most at which enough requests are answered in time. */
  readonly itemsPerGpu: number;
  readonly gpus: number;
  readonly outcome: Outcome;
}

export const targetItems = 3_150_000;
const seconds = 10;
/** Requests of a trial: about 100 of them decide about p99. */
const requests = 10_000;
/** Loads are told apart to this share of the capacity. */
const precision = 0.025;

/** Bisects the load of each GPU, on a part of the fleet. */
export async function findGpus(step: Step): Promise<Found> {
  const capacity = capacityOf(step);
  const perServer = ((step.gpus * capacity) / step.ranked) * seconds;
  const servers = clamp(Math.round(requests / perServer), 4, 48);
  let [good, bad] = [0, 1.3];
  let best: Outcome | undefined;
  while (bad - good > precision) {
    const load = good === 0 ? 0.8 : (good + bad) / 2;
    const { outcome } = await runTrial(step, { servers, itemsPerGpu: load * capacity, seconds });
    if (outcome.inTime >= enough) {
      [good, best] = [load, outcome];
    } else {
      bad = load;
      good = good === 0 ? 0.2 : good;
    }
  }
  if (best === undefined) {
    throw new Error(`'${step.name}' answers too few requests in time at a fifth of its capacity`);
  }
  const itemsPerGpu = good * capacity;
  return { step, capacity, itemsPerGpu, gpus: Math.ceil(targetItems / itemsPerGpu), outcome: best };
}

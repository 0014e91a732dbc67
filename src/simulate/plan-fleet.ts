import { findObstacle, type Obstacle } from './measure-alone.ts';
import { type Fleet, simulate } from './simulate.ts';
import type { SimulationReport } from './summarize.ts';
import type { Arrival } from './traffic-streams.ts';

export interface PlanGoal {
  /** 99 of 100 scored requests end within it. */
  readonly p99Ms: number;
  /** Share of the requests that must be scored. */
  readonly scored: number;
  /** Most replicas of a server. */
  readonly mostReplicas: number;
}

/** One number of replicas that was tried. */
export interface Trial {
  readonly replicas: number;
  readonly isEnough: boolean;
  readonly report: SimulationReport;
}

export interface FleetPlan {
  /** Fewest replicas of each server that are enough; undefined when the most are not. */
  readonly replicas: number | undefined;
  readonly trials: readonly Trial[];
  /** Why no number of replicas can be enough; nothing is tried then. */
  readonly obstacle?: Obstacle;
}

/**
 * Doubles the replicas until they are enough, then halves the gap: each try is a whole simulation. First it looks
 * whether a request that has a server to itself is fast enough: no number of replicas helps where it is not.
 */
export async function planFleet(
  fleet: Omit<Fleet, 'factors'>,
  arrivals: readonly Arrival[],
  goal: PlanGoal,
): Promise<FleetPlan> {
  const obstacle = await findObstacle(fleet, arrivals, goal);
  if (obstacle !== undefined) {
    return { replicas: undefined, trials: [], obstacle };
  }
  const trials: Trial[] = [];
  const isEnough = async (replicas: number) => {
    const factors = new Array<number>(replicas).fill(1);
    const { report } = await simulate({ ...fleet, factors }, arrivals);
    const scored = (report.outcomes.scored ?? 0) / report.requests;
    const trial = {
      replicas,
      isEnough: scored >= goal.scored && report.latencyMs.p99 <= goal.p99Ms,
      report,
    };
    trials.push(trial);
    return trial.isEnough;
  };
  return { replicas: await findFewest(isEnough, goal.mostReplicas), trials };
}

async function findFewest(
  isEnough: (replicas: number) => Promise<boolean>,
  most: number,
): Promise<number | undefined> {
  let tooFew = 0;
  let enough = 1;
  while (!(await isEnough(enough))) {
    if (enough === most) {
      return undefined;
    }
    tooFew = enough;
    enough = Math.min(2 * enough, most);
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (await isEnough(middle)) {
      enough = middle;
    } else {
      tooFew = middle;
    }
  }
  return enough;
}

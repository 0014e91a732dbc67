import { findObstacle, type Obstacle } from './measure-alone.ts';
import { type Fleet, simulate } from './simulate.ts';
import type { SimulationReport } from './summarize.ts';
import type { Arrival } from './traffic/traffic-streams.ts';

export interface PlanGoal {
  /** The highest 99th percentile of scored requests' latency. */
  readonly p99Ms: number;
  /** The least share of requests that must be scored. */
  readonly scored: number;
  /** Most replicas of a server. */
  readonly mostReplicas: number;
}

/** The simulation of one number of replicas. */
export interface Trial {
  readonly replicas: number;
  readonly isEnough: boolean;
  readonly report: SimulationReport;
}

export interface FleetPlan {
  /** The fewest replicas of each server that are enough; undefined if not even the most are. */
  readonly replicas: number | undefined;
  readonly trials: readonly Trial[];
  /** Set when no number of replicas can be enough. There are no trials then. */
  readonly obstacle?: Obstacle;
}

/**
 * Doubles the replicas until they are enough, then bisects; each trial is a whole simulation. First
 * tests whether a large request is fast enough on an idle server, since otherwise no number of
 * replicas is enough.
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

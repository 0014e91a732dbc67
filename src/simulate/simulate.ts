import { at } from '../base/at.ts';
import type { AdmissionLimits } from '../schedule/admission.ts';
import type { CostTable } from '../schedule/costs/cost.ts';
import type { PolicyLimits } from '../schedule/policy/policy.ts';
import { createRandom } from '../base/random.ts';
import { type Ending, SimulatedServer } from './simulated-server.ts';
import { type SimulationReport, summarize } from './summarize.ts';
import type { Arrival } from './traffic-streams.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Equal servers, each with its own replicas. They get the requests round-robin. */
export interface Fleet {
  readonly servers: number;
  readonly cost: CostTable;
  /** For each replica of a server: its run time divided by that of the table. */
  readonly factors: readonly number[];
  readonly policy: PolicyLimits;
  readonly queue: AdmissionLimits;
  readonly buckets: readonly number[];
  /** From arrival to the queue; undefined for the times in the table. */
  readonly encodeMs: number | undefined;
  /** The spread of run times around their cost; undefined for the ratios in the table. */
  readonly spread: number | undefined;
  readonly seed: number;
}

export interface Simulation {
  readonly report: SimulationReport;
  readonly endings: readonly Ending[];
}

/** Simulates every arrival on a virtual clock, until the last request has ended. */
export async function simulate(fleet: Fleet, arrivals: readonly Arrival[]): Promise<Simulation> {
  const clock = new VirtualClock();
  const random = createRandom(fleet.seed);
  const servers = Array.from(
    { length: fleet.servers },
    () => new SimulatedServer({ ...fleet, clock, random }),
  );
  const endings: Ending[] = [];
  const arrive = (index: number) => {
    const arrival = arrivals[index];
    if (arrival !== undefined) {
      clock.at(arrival.atMs, () => {
        arrive(index + 1);
        const server = at(servers, index % servers.length);
        void server.rank(arrival).then((ending) => endings.push(ending));
      });
    }
  };
  arrive(0);
  await clock.run();
  return { report: summarize(endings, servers, clock.nowMs()), endings };
}

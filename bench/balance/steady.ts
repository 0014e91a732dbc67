import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { poissonArrivals } from '../suite/traffic/arrivals.ts';
import { rankPath } from './method.ts';
import { weightOf } from './load-of.ts';
import type { CallEnd, Plan } from './play/plan.ts';
import { account } from './report/account.ts';
import type { SteadyRow } from './report/rows.ts';
import type { Stand } from './stand.ts';
import type { Player } from './players.ts';

export interface SteadyOptions {
  /** Shares of the fleet's capacity. */
  readonly loads: readonly number[];
  readonly rounds: number;
  /** Of each round: those at its beginning are not counted. */
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly deadlineMs: number;
  /** Requests per second of the whole fleet. */
  readonly capacity: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

interface Gathered {
  readonly ends: CallEnd[];
  readonly answered: number[];
  weights: readonly number[];
}

/** All ways at all loads: in each round every way plays the same plan, one after the other. */
export async function runSteady(
  stand: Stand,
  players: readonly Player[],
  options: SteadyOptions,
): Promise<readonly SteadyRow[]> {
  const { loads, rounds, warmSeconds, seconds, say } = options;
  const gathered = new Map<string, Gathered>();
  const keyOf = (way: string, load: number) => `${load} ${way}`;
  for (let round = 0; round < rounds; round++) {
    for (const load of loads) {
      const plan = planOf(stand, load, round, options);
      // Each round begins with another way, so that none always follows the same one.
      const turn = players.map((_, i) => at(players, (i + 3 * round) % players.length));
      for (const player of turn) {
        say(`round ${round + 1} of ${rounds}, load ${load}: ${player.way.name}`);
        const known = gathered.get(keyOf(player.way.name, load));
        const sums = known ?? { ends: [], answered: stand.addresses.map(() => 0), weights: [] };
        gathered.set(keyOf(player.way.name, load), sums);
        const before = await stand.answered();
        sums.ends.push(...(await player.play({ ...plan, ...player.channel(stand.addresses) })));
        const after = await stand.answered();
        after.forEach((count, i) => {
          sums.answered[i] = at(sums.answered, i) + count - at(before, i);
        });
        sums.weights = (await stand.loads()).map(weightOf);
      }
    }
  }
  const stretch = {
    fromMs: 1000 * warmSeconds,
    toMs: 1000 * (warmSeconds + seconds),
    runs: rounds,
  };
  return players.flatMap(({ way: { name } }) =>
    loads.flatMap((load) => {
      const found = gathered.get(keyOf(name, load));
      return found === undefined
        ? []
        : [
            {
              way: name,
              load,
              account: account(found.ends, stand.requests.candidates, stretch),
              shares: toShares(found.answered),
              weights: toShares(found.weights),
            },
          ];
    }),
  );
}

function planOf(
  stand: Stand,
  load: number,
  round: number,
  { warmSeconds, seconds, deadlineMs, capacity, seed }: SteadyOptions,
): Omit<Plan, 'addresses' | 'serviceConfig'> {
  const random = createRandom(seed + round);
  const { messages } = stand.requests;
  const stretches = [{ seconds: warmSeconds + seconds, perSecond: load * capacity }];
  const arrivals = poissonArrivals(stretches, random).map((atMs) => ({
    atMs,
    message: Math.floor(random() * messages.length),
  }));
  return { method: rankPath, deadlineMs, messages, arrivals };
}

function toShares(values: readonly number[]): readonly number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => (sum === 0 ? 0 : value / sum));
}

import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { poissonArrivals } from '../suite/traffic/arrivals.ts';
import type { CallEnd, Plan } from './play/plan.ts';
import type { Player } from './players.ts';
import { account, timeline } from './report/account.ts';
import type { EventsRow } from './report/rows.ts';
import { rankPath } from './method.ts';
import type { Stand } from './stand.ts';

/** What happens to the servers, in seconds from the start of a run. */
interface Step {
  readonly atSeconds: number;
  readonly what: string;
  readonly run: (stand: Stand) => Promise<void>;
}

/** Killed, started again cold, drained, started again. The first seconds warm up the channel. */
const steps: readonly Step[] = [
  { atSeconds: 8, what: 'second server killed', run: (stand) => stand.kill(1) },
  { atSeconds: 14, what: 'second server started, cold', run: (stand) => stand.restart(1) },
  { atSeconds: 24, what: 'third server drains', run: (stand) => stand.drain(2) },
  { atSeconds: 30, what: 'third server started, cold', run: (stand) => stand.restart(2) },
];
const seconds = 40;
const warmSeconds = 3;

export interface EventsOptions {
  /** Of the capacity of all servers. */
  readonly load: number;
  readonly deadlineMs: number;
  /** Requests per second of the whole fleet. */
  readonly capacity: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** Every way in turn goes through the same events with the same plan. */
export async function runEvents(
  stand: Stand,
  players: readonly Player[],
  options: EventsOptions,
): Promise<readonly EventsRow[]> {
  const rows: EventsRow[] = [];
  for (const player of players) {
    options.say(`events at load ${options.load}: ${player.way.name}`);
    const plan = { ...planOf(stand, options), ...player.channel(stand.addresses) };
    let script: Promise<readonly number[]> = Promise.resolve([]);
    const ends = await player.play(plan, () => {
      script = runSteps(stand);
    });
    rows.push(toRow(player, ends, { stand, doneSeconds: await script }));
  }
  return rows;
}

/** Resolves to when each step was over, in seconds from now. */
async function runSteps(stand: Stand): Promise<readonly number[]> {
  const startedAtMs = performance.now();
  const since = () => (performance.now() - startedAtMs) / 1000;
  const done: number[] = [];
  for (const { atSeconds, run } of steps) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(0, atSeconds - since())));
    await run(stand);
    done.push(since());
  }
  return done;
}

function planOf(
  stand: Stand,
  { load, deadlineMs, capacity, seed }: EventsOptions,
): Omit<Plan, 'addresses' | 'serviceConfig'> {
  const random = createRandom(seed);
  const { messages } = stand.requests;
  const arrivals = poissonArrivals([{ seconds, perSecond: load * capacity }], random).map(
    (atMs) => ({ atMs, message: Math.floor(random() * messages.length) }),
  );
  return { method: rankPath, deadlineMs, messages, arrivals };
}

function toRow(
  { way }: Player,
  ends: readonly CallEnd[],
  { stand, doneSeconds }: { readonly stand: Stand; readonly doneSeconds: readonly number[] },
): EventsRow {
  const { candidates } = stand.requests;
  const starts = [{ atSeconds: warmSeconds, what: 'all servers run' }, ...steps];
  const nextSeconds = starts.slice(1).map(({ atSeconds }) => atSeconds);
  const phases = starts.map(({ atSeconds, what }, i) => {
    const toMs = 1000 * at([...nextSeconds, seconds], i);
    return { what, account: account(ends, candidates, { fromMs: 1000 * atSeconds, toMs }) };
  });
  const firstCallSeconds = [1, 3].map((step) => {
    const doneAtMs = 1000 * at(doneSeconds, step);
    const address = at(stand.addresses, (step + 1) / 2);
    const calls = ends.filter(
      ({ server, sentAtMs }) => server === address && sentAtMs > doneAtMs - 500,
    );
    const first = Math.min(...calls.map(({ sentAtMs }) => sentAtMs));
    return Number.isFinite(first) ? (first - doneAtMs) / 1000 : undefined;
  });
  const whole = account(ends, candidates, { fromMs: 0, toMs: 1000 * seconds });
  const perSecond = timeline(ends, candidates, seconds);
  return { way: way.name, whole, phases, perSecond, doneSeconds, firstCallSeconds };
}

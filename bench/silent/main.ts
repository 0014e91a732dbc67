import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { createRandom } from '../../src/base/random.ts';
import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { rankPath } from '../balance/method.ts';
import type { Plan } from '../balance/play/plan.ts';
import { openPlayers, type Player } from '../balance/players.ts';
import { Stand } from '../balance/stand.ts';
import { allWays } from '../balance/ways.ts';
import { poissonArrivals } from '../suite/traffic/arrivals.ts';
import { describeSilence, type Silence } from './silence.ts';

const usage = `Usage: npm run bench:silent -- [OPTIONS]

One of three equal servers is stopped (SIGSTOP) under load: it answers nothing and closes nothing, as
a machine without power. Counts the calls that fail until their clients notice, with and without
the keepalive that docs/fleet/balancing.md advises. Ways in Go need \`go\`, those of Envoy $ENVOY or
\`envoy\`; what is missing is skipped.

  --ways REGEX   only the ways of bench:balance with such a name
                 (default: round_robin$|out of band|client_side)
  --seconds S    how long the server is silent (default: 30)
  --out DIR      where silent.json is written (default: bench/out/silent)`;

const keepalive = { timeMs: 10_000, timeoutMs: 5_000 };
/** The server that falls silent, and when. */
const silent = { place: 1, atSeconds: 5 };
const behindSeconds = 5;
/** A fraction of what two servers can do. */
const perSecond = 30;
const deadlineMs = 1_000;

interface Row extends Silence {
  readonly way: string;
  readonly keepalive: boolean;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(args, usage, {
    ways: { type: 'string', default: 'round_robin$|out of band|client_side' },
    seconds: { type: 'string', default: '30' },
    out: { type: 'string', default: 'bench/out/silent' },
  });
  const { out } = values;
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) {
    throw new UsageError(`--seconds is '${values.seconds}'; a number above 0 is needed`);
  }
  await mkdir(out, { recursive: true });
  const ways = allWays().filter(({ name }) => new RegExp(values.ways).test(name));
  const stand = await Stand.start({ factors: [1, 1, 1], replicas: 2, out, seed: 1 });
  try {
    const opened = await openPlayers(ways, stand.addresses, out);
    opened.skipped.forEach((line) => process.stderr.write(`SKIPPED ${line}\n`));
    const rows: Row[] = [];
    for (const player of opened.players) {
      // Envoy's own pings are in its configuration; those of its client do not matter.
      for (const isKept of player.way.client === 'Envoy' ? [false] : [false, true]) {
        process.stderr.write(`${player.way.name}, ${isKept ? 'with' : 'without'} keepalive\n`);
        const silence = await measure(stand, player, { seconds, isKept });
        rows.push({ way: player.way.name, keepalive: isKept, ...silence });
      }
    }
    await opened.stop();
    await writeFile(join(out, 'silent.json'), `${JSON.stringify(rows, null, 2)}\n`);
    process.stdout.write(`${describe(rows)}\n`);
  } finally {
    stand.thaw(silent.place);
    await stand.stop();
  }
}

async function measure(
  stand: Stand,
  player: Player,
  { seconds, isKept }: { readonly seconds: number; readonly isKept: boolean },
): Promise<Silence> {
  const random = createRandom(1);
  const { messages } = stand.requests;
  const whole = silent.atSeconds + seconds + behindSeconds;
  const plan: Plan = {
    ...player.channel(stand.addresses),
    keepalive: isKept ? keepalive : undefined,
    method: rankPath,
    deadlineMs,
    messages,
    arrivals: poissonArrivals([{ seconds: whole, perSecond }], random).map((atMs) => ({
      atMs,
      message: Math.floor(random() * messages.length),
    })),
  };
  const timers: NodeJS.Timeout[] = [];
  const ends = await player.play(plan, () => {
    const after = (atSeconds: number, what: () => void) =>
      timers.push(setTimeout(what, 1000 * atSeconds));
    after(silent.atSeconds, () => stand.freeze(silent.place));
    after(silent.atSeconds + seconds, () => stand.thaw(silent.place));
  });
  timers.forEach(clearTimeout);
  const fromMs = 1000 * silent.atSeconds;
  return describeSilence(ends, { fromMs, toMs: fromMs + 1000 * seconds });
}

function describe(rows: readonly Row[]): string {
  return formatTable([
    ['way', 'keepalive', 'calls', 'failed', 'until', 'later', 'statuses'],
    ...rows.map((row) => [
      row.way,
      row.way.startsWith('Envoy') ? 'its own' : row.keepalive ? 'yes' : 'no',
      String(row.calls),
      String(row.failed),
      row.lastFailedSeconds === undefined ? '-' : `${row.lastFailedSeconds.toFixed(1)} s`,
      String(row.failedLater),
      JSON.stringify(row.statuses),
    ]),
  ]);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`silent: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

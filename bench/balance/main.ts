import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTable } from '../../src/base/format-table.ts';
import { messageOf } from '../../src/base/errors.ts';
import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { runEvents } from './events.ts';
import { openPlayers } from './players.ts';
import { type BalanceReport, formatPage } from './report/page.ts';
import { eventsHead, eventsTable, steadyHead, steadyTable } from './report/tables.ts';
import { runSteady } from './steady.ts';
import { Stand } from './stand.ts';
import { allWays } from './ways.ts';

const usage = `Usage: npm run bench:balance -- [OPTIONS]

Spreads calls over three servers of unequal speed in each way that our clients have, at several
loads, and then while one server is killed, starts cold, and drains. The servers are real but for
the time of their runs (bench/fleet). Ways in Go need \`go\`, those of Envoy $ENVOY or \`envoy\`; what
is missing is skipped, and the report says so.

  --loads LIST   shares of the servers' capacity (default: 0.7,0.95)
  --rounds N     how often every way plays at every load; 0 for the events alone (default: 2)
  --seconds S    of each round, behind 3 seconds that are not counted (default: 7)
  --events LOAD  the load during the events; 0 for none (default: 0.5)
  --ways REGEX   only the ways with such a name
  --out DIR      where balance.json and balance.html are written (default: bench/out/balance)`;

const factors = [1, 1.5, 3] as const;
const deadlineMs = 600;
const warmSeconds = 3;
const seed = 1;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseOptions(args, usage, {
    loads: { type: 'string', default: '0.7,0.95' },
    rounds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '7' },
    events: { type: 'string', default: '0.5' },
    ways: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench/out/balance' },
  });
  const { out } = values;
  const [rounds, seconds, eventsLoad] = [
    readNumber('rounds', values.rounds),
    readNumber('seconds', values.seconds),
    readNumber('events', values.events),
  ];
  const loads = values.loads.split(',').map((load) => readNumber('loads', load));
  const ways = allWays().filter(({ name }) => new RegExp(values.ways).test(name));
  await mkdir(out, { recursive: true });
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const stand = await Stand.start({ factors, replicas: 2, out, seed });
  try {
    const capacities = await stand.capacities(6);
    const capacity =
      capacities.reduce((sum, each) => sum + each, 0) / stand.requests.meanCandidates;
    const opened = await openPlayers(ways, stand.addresses, out);
    const { players, skipped } = opened;
    skipped.forEach((line) => say(`SKIPPED ${line}`));
    const shared = { deadlineMs, capacity, seed, say };
    try {
      const steady = await runSteady(stand, players, {
        loads,
        rounds,
        warmSeconds,
        seconds,
        ...shared,
      });
      const events =
        eventsLoad === 0 ? [] : await runEvents(stand, players, { load: eventsLoad, ...shared });
      const machine = describeMachine();
      const measured = { machine, factors, capacities, deadlineMs, steady, events };
      await write(out, { ...measured, eventsLoad, skipped });
    } finally {
      await opened.stop();
    }
  } finally {
    await stand.stop();
  }
}

async function write(out: string, report: BalanceReport): Promise<void> {
  const { steady, events } = report;
  await writeFile(join(out, 'balance.json'), `${JSON.stringify(report, undefined, 1)}\n`);
  await writeFile(join(out, 'balance.html'), formatPage(report));
  if (steady.length > 0) {
    process.stdout.write(`${formatTable([steadyHead, ...steadyTable(steady)])}\n`);
  }
  if (events.length > 0) {
    process.stdout.write(`${formatTable([eventsHead, ...eventsTable(events)])}\n`);
  }
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0)) {
    throw new UsageError(`--${name} has '${text}'; a number of at least 0 is needed\n\n${usage}`);
  }
  return value;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`balance: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

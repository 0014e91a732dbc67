import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { at } from '../../../src/base/at.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { formatTable } from '../../../src/base/format-table.ts';
import { describeMachine } from '../../../src/eval/measures/machine.ts';
import { faults } from '../faults.ts';
import { startValkeyProcess, type ValkeyProcess } from '../valkey-process.ts';
import { type FaultedRow, measureFaulted } from './faulted.ts';
import {
  emptyValkey,
  type LookUpRow,
  measureFill,
  measureLookUps,
  measurePuts,
  measureSpread,
  type Quantiles,
  storeLooked,
} from './measure.ts';
import { openBenchServer, waitFor } from './stores.ts';

const usage = `Usage: npm run bench:shared:items -- [OPTIONS]

The item stores of servers that share them through a Valkey of this machine, all in one process and without a model:
puts, how soon others have them, look-ups while Valkey is well, dead, stopped and slow, a new server, and faults.

  --state DIR      where the stores are meanwhile (default: a folder for temporary files)
  --items N        items that a new server gets (default: 5000)
  --seconds S      length of each fault (default: 3)
  --out FILE       (default: bench/results/shared/items.json)`;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      state: { type: 'string', default: join(tmpdir(), 'slmrank-bench-shared') },
      items: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '3' },
      out: { type: 'string', default: 'bench/results/shared/items.json' },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  await mkdir(values.state, { recursive: true });
  const valkey = await startValkeyProcess();
  try {
    const { state } = values;
    const { port } = valkey.proxy;
    const puts = await measurePuts(state, port, 15);
    await emptyValkey(valkey);
    const fill = await measureFill(state, port, Number(values.items));
    await emptyValkey(valkey);
    const both = await measureTwo(state, valkey, Number(values.seconds));
    const of = { machine: describeMachine(), valkey: valkey.version };
    const report = { ...of, puts, fill, ...both };
    process.stdout.write(`${formatReport(report)}\n`);
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, `${JSON.stringify(report, undefined, 1)}\n`);
    const isSound = report.faults.every(({ wrong, failed }) => wrong + failed === 0);
    return isSound && report.faults.every((row) => row.sameAfterSeconds !== undefined) ? 0 : 1;
  } finally {
    await valkey.close();
  }
}

async function measureTwo(state: string, hands: ValkeyProcess, seconds: number) {
  const { proxy } = hands;
  const alone = await openBenchServer(state, undefined);
  const [a, b] = [
    await openBenchServer(state, proxy.port),
    await openBenchServer(state, proxy.port),
  ];
  const spread = await measureSpread(a, b, 300);
  await storeLooked([alone, b]);
  const lookUps: LookUpRow[] = [];
  const look = async (name: string) =>
    lookUps.push(await measureLookUps({ alone, shared: b }, name, 200));
  await look('healthy');
  proxy.delayMs = 50;
  await look('50 ms slow');
  proxy.mend();
  hands.signal('SIGSTOP');
  await look('stopped (SIGSTOP)');
  hands.signal('SIGCONT');
  await hands.kill();
  await look('dead');
  await hands.restart();
  // Until both have connected again and compared all items.
  const walked = [a, b].map(({ shared }) => shared?.state().walks ?? 0);
  await waitFor(() =>
    [a, b].every(({ shared }, i) => (shared?.state().walks ?? 0) > at(walked, i)),
  );
  const rows: FaultedRow[] = [];
  for (const fault of faults) {
    const row = await measureFaulted([a, b], fault, { hands, seconds });
    process.stderr.write(`${fault.name}: the same after ${row.sameAfterSeconds ?? 'never'} s\n`);
    rows.push(row);
  }
  await Promise.all([alone, a, b].map((server) => server.close()));
  return { spread, lookUps, faults: rows };
}

interface ItemsReport extends Awaited<ReturnType<typeof measureTwo>> {
  readonly puts: Awaited<ReturnType<typeof measurePuts>>;
  readonly fill: Awaited<ReturnType<typeof measureFill>>;
}

function formatReport({ puts, fill, spread, lookUps, faults: rows }: ItemsReport): string {
  const show = ({ p50Ms, p99Ms }: Quantiles) => `${p50Ms} / ${p99Ms}`;
  return [
    `puts/s of messages of 100: alone ${puts.alone}, shared ${puts.shared} (${puts.ratio} times)`,
    `put acknowledged, p50/p99 ms: ${show(spread.acknowledged)}; on the other server: ${show(spread.onOther)}`,
    `a new server has ${fill.items} items after ${fill.seconds} s (${fill.perSecond}/s)`,
    '',
    formatTable([
      ['250 look-ups, p50/p99 ms', 'alone', 'shared', 'and one unknown id'],
      ...lookUps.map((row) => [row.valkey, show(row.alone), show(row.shared), show(row.missing)]),
    ]),
    formatTable([
      [
        'fault',
        'look-ups',
        'writes',
        'failed',
        'wrong',
        'bad',
        'look-up ms',
        'write ms',
        'same after s',
      ],
      ...rows.map((row) => [
        row.fault,
        ...[row.lookUps, row.writes, row.failed, row.wrong, row.bad].map(String),
        show(row.lookUp),
        show(row.write),
        String(row.sameAfterSeconds ?? 'never'),
      ]),
    ]),
  ].join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:shared:items: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

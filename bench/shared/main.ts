import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { parseConfig } from '../../src/config/config.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { faults } from './faults.ts';
import { askTruth, makeRequests } from './load.ts';
import { formatSharedReport, isSound, type SharedReport } from './report.ts';
import { type FaultRow, type Fleet, measureFault, measureHits } from './scores.ts';
import { startFleetServer } from './servers.ts';
import { startValkeyProcess, type ValkeyProcess } from './valkey-process.ts';

const size = { requests: 30, candidates: 8, perSecond: 4, seconds: 6 };
/** Room for a few requests, so that a server's own cache finds nothing of earlier ones. */
const cacheEntries = 50;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string' },
      state: { type: 'string', default: join(tmpdir(), 'slmrank-bench-shared') },
      out: { type: 'string', default: 'bench/results/shared/scores.json' },
    },
  });
  const model = values.model ?? (await chooseModel(parseConfig(process.env, [])));
  const { name, precision } = await readManifest(model);
  await mkdir(values.state, { recursive: true });
  const valkey = await startValkeyProcess();
  const fleet = await startFleet(model, values.state, valkey);
  try {
    const scores = await measure(fleet, valkey);
    const { version } = valkey;
    const of = { machine: describeMachine(), model: `${name}, ${precision}`, valkey: version };
    const report: SharedReport = { ...of, ...size, scores };
    process.stdout.write(`\n${formatSharedReport(report)}\n`);
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, `${JSON.stringify(report, undefined, 1)}\n`);
    return isSound(report) ? 0 : 1;
  } finally {
    await Promise.all([fleet.first, fleet.second, fleet.alone].map((server) => server.stop()));
    await valkey.close();
  }
}

async function startFleet(model: string, state: string, { proxy }: ValkeyProcess): Promise<Fleet> {
  const start = (valkeyPort: number | undefined) =>
    startFleetServer({ model, state, valkeyPort, cacheEntries });
  const [first, second, alone] = await Promise.all([
    start(proxy.port),
    start(proxy.port),
    start(undefined),
  ]);
  return { first, second, alone };
}

async function measure(fleet: Fleet, hands: ValkeyProcess): Promise<SharedReport['scores']> {
  const asked = await askTruth(fleet.alone.ranking, makeRequests(size.requests, size.candidates));
  say('hits');
  const hits = await measureHits(fleet, asked);
  const rows: FaultRow[] = [];
  for (const fault of faults) {
    say(fault.name);
    rows.push(await measureFault(fleet, asked, { fault, hands, load: size }));
  }
  return { hits, faults: rows };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:shared: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

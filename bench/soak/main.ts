import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatTable } from '../../src/base/format-table.ts';
import { createRandom } from '../../src/base/random.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { reconcile } from '../suite/account/reconcile.ts';
import { isAnswered } from '../suite/account/ends.ts';
import { saturate } from '../suite/traffic/play.ts';
import { Sender } from '../suite/traffic/sender.ts';
import { readCounters } from '../suite/server/server-record.ts';
import { type Stand, startStand } from '../suite/server/stand.ts';
import { ensureTinyModel } from '../suite/server/tiny-model.ts';
import { createRequestMaker } from '../suite/traffic/request-maker.ts';
import { parseSoakOptions, type SoakOptions } from './options.ts';
import { findProblems, formatSoakPage, quarterRows, type SoakReport, soakRows } from './report.ts';
import { startResizing } from './resize.ts';
import { mostRequests, runSoak } from './run.ts';
import { startSampler } from './samples.ts';
import { SoakTraffic } from './traffic.ts';
import { messageOf } from '../../src/base/errors.ts';

const connections = 4;
const capacitySeconds = 8;
const mostSampleMs = 5000;
/** The time for the last lines of the server's log to arrive. */
const settleMs = 3000;

/** Resolves to the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseSoakOptions(args);
  await mkdir(options.out, { recursive: true });
  const model = options.model === 'tiny' ? await ensureTinyModel(options.out, say) : options.model;
  const stand = await startStand({ SLMRANK_MODEL: model, SLMRANK_DEVICES: options.devices });
  try {
    return await save(await soak(stand, model, options));
  } finally {
    await stand.stop();
  }
}

async function soak(stand: Stand, model: string, options: SoakOptions): Promise<SoakReport> {
  const random = createRandom(options.seed);
  const maker = await createRequestMaker(model, random);
  const sender = new Sender(stand.address, connections);
  const traffic = new SoakTraffic(stand.address, sender, maker);
  const capacity = await measureCapacity(sender, traffic);
  const perSecond = Math.min(
    options.load * capacity,
    (0.9 * mostRequests) / (60 * options.minutes),
  );
  say(`capacity ${capacity.toFixed(1)} requests/s; sending ${perSecond.toFixed(1)} requests/s`);
  stand.log?.clear();
  const durationMs = 60_000 * options.minutes;
  const sampler = startSampler(stand, Math.min(mostSampleMs, durationMs / 60));
  const admin = stand.adminAddress();
  const resizing =
    admin === undefined ? undefined : startResizing(admin, 1, Math.min(150_000, durationMs / 6));
  const before = await countersOf(stand);
  const ends = await runSoak({
    sender,
    traffic,
    random,
    minutes: options.minutes,
    perSecond,
    onProgress: ({ minute, sent, open }) =>
      say(
        `${minute.toFixed(1)} min: ${sent} sent, ${open} in flight, ` +
          `${stand.memory.at(-1)?.mb.toFixed(0) ?? '-'} MB, heap ${sampler.samples.heapMb.at(-1)?.value.toFixed(0) ?? '-'} MB, ` +
          `lag ${sampler.samples.lagMs.at(-1)?.value.toFixed(0) ?? '-'} ms`,
      ),
  });
  const resizes = (await resizing?.stop()) ?? { done: 0, problems: [] };
  sampler.stop();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const account = reconcile(ends, stand.log?.ends);
  const counted = (await countersOf(stand)) - before;
  sender.close();
  traffic.close();
  return {
    options,
    machine: describeMachine(),
    perSecond,
    resizes,
    others: traffic.others,
    account: { ...account, problems: [...account.problems, ...checkCounted(stand, counted)] },
    counted,
    samples: sampler.samples,
  };
}

/** Measures the requests per second of the usual mix in a closed loop. */
async function measureCapacity(sender: Sender, traffic: SoakTraffic): Promise<number> {
  const options = { messages: traffic.usual, inFlight: 8, seconds: capacitySeconds };
  const ends = await saturate(sender, 'capacity', options);
  const lastAtMs = Math.max(...ends.map(({ endedAtMs }) => endedAtMs));
  return (1000 * ends.filter(isAnswered).length) / lastAtMs;
}

async function countersOf(stand: Stand): Promise<number> {
  const counts = readCounters((await stand.metrics()) ?? '');
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
}

function checkCounted({ log }: Stand, counted: number): readonly string[] {
  const logged = [...(log?.ends.values() ?? [])].reduce((sum, { length }) => sum + length, 0);
  return logged === counted
    ? []
    : [`the server's counters rose by ${counted}, but its log has ${logged} requests`];
}

/** Resolves to the exit status: 1 if memory or lag grows, or a request is not accounted for. */
async function save(report: SoakReport): Promise<number> {
  const problems = findProblems(report);
  const out = join(report.options.out, 'soak');
  const { others, ...rest } = report;
  const saved = { ...rest, others: others.length, problems };
  await writeFile(`${out}.json`, `${JSON.stringify(saved)}\n`);
  await writeFile(`${out}.html`, formatSoakPage(report));
  process.stdout.write(`\n${formatTable(quarterRows(report.samples))}\n`);
  process.stdout.write(`${formatTable(soakRows(report))}\nSaved ${out}.json and .html\n`);
  process.stdout.write(problems.length === 0 ? 'passed\n' : `NOT PASSED: ${problems.join('; ')}\n`);
  return problems.length === 0 ? 0 : 1;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`soak: ${messageOf(error)}\n`);
  process.exitCode = 2;
}

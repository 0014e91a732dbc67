import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { UsageError } from '../../src/cli/shared/usage.ts';
import { parseConfig } from '../../src/config/config.ts';
import { type Passage, readPassages } from '../../src/eval/data/beir.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { at } from '../../src/base/at.ts';
import { measureEncoders } from './encode-rate.ts';
import { describeWorkload, Generator, type Window } from './measure.ts';
import { type FrontOptions, parseFrontOptions } from './options.ts';
import { formatFront, type FrontReport, medianOf, type Row } from './report.ts';
import { makePostings, type Workload } from './requests.ts';
import { type FrontServer, startFrontServer } from './served.ts';

const itemCount = 2000;

const workloads: readonly Workload[] = (['text', 'id'] as const).flatMap((input) =>
  (['unary', 'stream'] as const).flatMap((call) =>
    [50, 250].map((candidates) => ({ input, call, candidates })),
  ),
);

async function main(args: readonly string[]): Promise<number> {
  const options = parseFrontOptions(args);
  const model = await chooseModel({ ...parseConfig(process.env, []), model: options.model });
  const postings = makePostings(await readPostings(options), itemCount);
  const builds = options.base === undefined ? [undefined] : [undefined, options.base];
  const [own, base] = await measureEncoders(model, postings, builds);
  const { name, precision } = await readManifest(model);
  const rows = await measureServers(model, postings, builds, options);
  const report: FrontReport = {
    machine: describeMachine(),
    model: `${name} ${precision}`,
    seconds: options.seconds,
    rounds: options.rounds,
    rows,
    encoders: { own: own ?? { tokensPerSecond: NaN, tokensPerByte: NaN }, base },
  };
  process.stdout.write(`\n${formatFront(report)}`);
  if (options.out !== undefined) {
    await mkdir(options.out, { recursive: true });
    await writeFile(join(options.out, 'front.json'), `${toJson(report)}\n`);
    await writeFile(join(options.out, 'front.md'), formatFront(report, true));
  }
  return 0;
}

async function readPostings({ postings }: FrontOptions): Promise<readonly Passage[]> {
  return postings === undefined
    ? (await readDemoData(projectFolder('models/demo'))).postings
    : [...(await readPassages(postings)).values()];
}

/** The builds' servers run beside each other, and take turns. */
async function measureServers(
  model: string,
  postings: readonly Passage[],
  builds: readonly (string | undefined)[],
  { seconds, rounds, state }: FrontOptions,
): Promise<readonly Row[]> {
  await mkdir(state, { recursive: true });
  const servers: FrontServer[] = [];
  const generator = new Generator(postings);
  try {
    for (const [place, build] of builds.entries()) {
      const store = join(state, `store-${place}`);
      await rm(store, { recursive: true, force: true });
      servers.push(await startFrontServer({ model, store, postings, build }));
    }
    const rows: Row[] = [];
    for (const workload of workloads) {
      say(describeWorkload(workload));
      const windows = servers.map((): Window[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [place, server] of servers.entries()) {
          at(windows, place).push(await generator.measure(server, workload, seconds));
        }
      }
      const [own, base] = windows.map(medianOf);
      rows.push(...(own === undefined ? [] : [{ workload, own, base }]));
    }
    return rows;
  } finally {
    generator.close();
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Histograms as objects. */
function toJson(report: FrontReport): string {
  const plain = (_: string, value: unknown): unknown =>
    value instanceof Map ? Object.fromEntries(value as ReadonlyMap<string, unknown>) : value;
  return JSON.stringify(report, plain, 1);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:front: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

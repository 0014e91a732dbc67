import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { startServerProcess } from '../../src/cli/shared/server-process.ts';
import { at } from '../../src/base/at.ts';
import { parseConfig } from '../../src/config/config.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { createRankingClient, type WireRankRequestInput } from '../../src/client/client.ts';
import { parseProtoRoot } from '../../src/proto/proto-root.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { findGhz, ghzArguments, readCalls, runGhz } from './ghz.ts';
import { type LoadOptions, parseLoadOptions } from './options.ts';
import { formatPage, memoryText } from './page.ts';
import { packMessages, recordRequests } from './recorded-requests.ts';
import type { LoadReport } from './report.ts';
import { okLatencies, summarize } from './summary.ts';
import { watchMemory } from './watch-memory.ts';
import { messageOf } from '../../src/base/errors.ts';

const startTimeoutMs = 600_000;
/** For a request outside the load. */
const callTimeoutMs = 110_000;

async function main(args: readonly string[]): Promise<void> {
  const options = parseLoadOptions(args);
  const ghz = findGhz(options.ghz);
  const requests = recordRequests(await readDemoData(projectFolder('models/demo')), options);
  if (options.address !== undefined) {
    await loadServer(ghz, options, { requests, address: options.address });
    return;
  }
  const given = parseConfig(process.env, []);
  const model = options.model ?? (await chooseModel(given));
  say(`Starting a server with ${model}`);
  const settings = { SLMRANK_MODEL: model };
  const server = await startServerProcess({ settings, timeoutMs: startTimeoutMs });
  try {
    await loadServer(ghz, options, { requests, address: server.address, pid: server.pid });
  } finally {
    say(`Server stopped, status ${await server.stop()}`);
  }
}

interface Target {
  readonly requests: readonly WireRankRequestInput[];
  readonly address: string;
  /** Given if we started the server, whose memory is then watched. */
  readonly pid?: number;
}

async function loadServer(ghz: string, options: LoadOptions, target: Target): Promise<void> {
  const { rps, seconds, deadlineMs, out, name } = options;
  const client = createRankingClient(target.address);
  try {
    const info = await client.getInfo(callTimeoutMs);
    await mkdir(out, { recursive: true });
    say(`${rps} requests/s for ${seconds} s against ${info.model} on ${target.address}`);
    const memory = target.pid === undefined ? undefined : watchMemory(target.pid);
    const calls = await sendAll(ghz, options, target);
    const startedAtMs = performance.now();
    await client.rank(at(target.requests, 0), callTimeoutMs);
    const afterMs = performance.now() - startedAtMs;
    const resident = memory?.end();
    const report: LoadReport = {
      options: { ...options, deadlineMs },
      machine: describeMachine(),
      server: {
        address: target.address,
        model: info.model,
        fingerprint: info.scoreFingerprint,
        replicas: info.replicas.map(({ deviceSlot }) => deviceSlot).join(', '),
        afterMs,
      },
      summary: summarize(calls, options),
      ...(resident === undefined ? {} : { memory: resident }),
      latenciesMs: okLatencies(calls).map((ms) => Number(ms.toFixed(3))),
    };
    await writeFile(join(out, `${name}.json`), `${JSON.stringify(report, undefined, 1)}\n`);
    await writeFile(join(out, `${name}.html`), formatPage(report));
    process.stdout.write(`${formatSummary(report)}\nSaved ${join(out, name)}.json and .html\n`);
  } finally {
    client.close();
  }
}

async function sendAll(ghz: string, options: LoadOptions, { requests, address }: Target) {
  const { requestSerialize } = parseProtoRoot().service.Rank;
  const files = {
    requests: join(options.out, `${options.name}-requests.bin`),
    output: join(options.out, `${options.name}-ghz.json`),
  };
  await writeFile(files.requests, packMessages(requests.map(requestSerialize)));
  const limitMs = 1000 * options.seconds + options.deadlineMs + 60_000;
  await runGhz(ghz, ghzArguments(options, files, address), limitMs);
  const calls = await readCalls(files.output);
  await Promise.all([rm(files.requests), rm(files.output)]);
  return calls;
}

function formatSummary({ summary, server, memory }: LoadReport): string {
  const { latencyMs: latency, sendLagMs } = summary;
  const statuses = Object.entries(summary.statuses).map(([status, n]) => `${status} ${n}`);
  const rows = [
    ['requests', `${summary.requests} in ${summary.seconds.toFixed(1)} s`],
    ['statuses', statuses.join(', ')],
    ...(latency === undefined
      ? []
      : (['p50', 'p95', 'p99', 'max'] as const).map((name) => [
          name,
          `${latency[name].toFixed(0)} ms`,
        ])),
    ['goodput', `${summary.goodput.toFixed(2)} answers/s`],
    ['', `${summary.candidatesPerSecond.toFixed(1)} candidates/s`],
    ['sent late by', `p99 ${sendLagMs.p99.toFixed(0)} ms`],
    ['one request afterwards', `${server.afterMs.toFixed(0)} ms`],
    ...(memory === undefined ? [] : [['server memory', memoryText(memory)]]),
  ];
  return `\n${rows.map(([name = '', value = '']) => `${name.padEnd(22)}${value}\n`).join('')}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`load: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

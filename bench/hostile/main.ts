import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../../src/cli/shared/server-process.ts';
import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import { parseTemplate } from '../../src/model/manifest.ts';
import { parseProtoRoot } from '../../src/proto/proto-root.ts';
import { buildModel } from '../../src/toolchain/build/build-model.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { attack, type AttackResult } from './attack.ts';
import { grpcKinds } from './grpc/grpc-kinds.ts';
import { HttpClient } from './http/http-client.ts';
import { httpKinds } from './http/http-kinds.ts';
import { limits } from './core/limits.ts';
import { trendOf } from './core/tally.ts';
import { WireClient } from './grpc/wire-client.ts';
import { messageOf } from '../../src/base/errors.ts';

const usage = `Usage: npm run hostile -- [OPTIONS]

Sends generated hostile messages to a server on this machine. The server must stay alive, end each
call in time with a status that its kind allows, keep its memory flat, and keep its scores the same.
The exit status is 1 if it does not.

  --count N        how many messages (default: 100000)
  --seed N         the seed of the messages (default: 1)
  --concurrency N  messages in flight at once (default: 16)
  --seconds N      stops after this time (default: 1200)
  --http           attacks the HTTP address of a new server instead of gRPC
  --address A      a running server, 127.0.0.1:PORT or localhost:PORT (default: a new server with a
                   tiny model)
  --out FILE       where the JSON result is written (default: bench/out/hostile/hostile.json)`;

/** Memory is flat if its trend over the second half of the run grows by at most this share. */
const flatGrowth = 0.1;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(args, usage, {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '1200' },
    http: { type: 'boolean', default: false },
    address: { type: 'string' },
    out: { type: 'string', default: 'bench/out/hostile/hostile.json' },
  });
  if (
    values.address !== undefined &&
    !/^(127\.\d+\.\d+\.\d+|localhost):\d+$/.test(values.address)
  ) {
    throw new UsageError(
      `--address is '${values.address}'; it must be 127.0.0.1:PORT or localhost:PORT, ` +
        'since only servers on this machine are attacked',
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'slmrank-hostile-'));
  if (values.http && values.address !== undefined) {
    throw new UsageError('--http and --address exclude each other: --http starts a server');
  }
  const server =
    values.address === undefined ? await startTinyServer(folder, values.http) : undefined;
  try {
    const { service } = parseProtoRoot();
    const plan = {
      address: values.address ?? server?.address ?? '',
      pid: server?.pid,
      count: Number(values.count),
      seed: Number(values.seed),
      concurrency: Number(values.concurrency),
      mostSeconds: Number(values.seconds),
      scoresOf: (reply: Buffer) =>
        service.Rank.responseDeserialize(reply).results.map(({ logit }) => logit),
    };
    const { httpAddress: http } = server ?? {};
    const result = await (http === undefined
      ? attack({ ...plan, kinds: grpcKinds, openClient: () => new WireClient(plan.address) })
      : attack({ ...plan, kinds: httpKinds, openClient: () => new HttpClient(http) }));
    const exit = await server?.stop();
    const failures = findFailures(result, exit);
    await report(result, { failures, out: values.out, seed: Number(values.seed) });
    return failures.length === 0 ? 0 : 1;
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true });
  }
}

async function startTinyServer(folder: string, withHttp: boolean): Promise<ServerProcess> {
  const tiny = projectFolder('test/golden/logits-tiny');
  const model = join(folder, 'model');
  await buildModel({
    from: join(tiny, 'llama'),
    to: model,
    name: 'tiny',
    precision: 'fp32',
    template: parseTemplate(
      JsonRecord.parse(await readFile(join(tiny, 'template.json'), 'utf8'), 'template.json'),
    ),
    labels: ['yes', 'no'],
    tokenizer: undefined,
    buckets: undefined,
    recipe: undefined,
    source: { description: 'tiny', licence: 'Apache-2.0' },
    onProgress: () => undefined,
  });
  const settings = {
    SLMRANK_MODEL: model,
    SLMRANK_DEVICES: 'cpu:1',
    SLMRANK_LOG_LEVEL: 'warn',
    SLMRANK_HTTP_ADDRESS: withHttp ? '127.0.0.1:0' : 'off',
    SLMRANK_REQUEST_BYTES: String(limits.requestBytes),
    SLMRANK_TEXT_BYTES: String(limits.textBytes),
    SLMRANK_CANDIDATES: String(limits.candidates),
    SLMRANK_METADATA_BYTES: String(limits.metadataBytes),
    SLMRANK_PREFIX_TOKENS: '200',
    SLMRANK_CANDIDATE_TOKENS: '64',
    SLMRANK_BUFFERED_BYTES: '67108864',
    SLMRANK_MESSAGE_MS: '2000',
  };
  return await startServerProcess({ settings, timeoutMs: 120_000 });
}

function findFailures(result: AttackResult, exit: number | 'killed' | undefined): string[] {
  const { tally, good, memory, sent } = result;
  const trend = trendOf(memory);
  const checks: [boolean, string][] = [
    [exit !== undefined && exit !== 0, `the server ended with ${exit} instead of 0`],
    [tally.breachCount > 0, `${tally.breachCount} messages ended in a way their kind forbids`],
    [good.wrong > 0, `${good.wrong} of ${good.sent} valid requests had different scores or none`],
    [
      trend !== undefined && sent >= 20_000 && trend.growth > flatGrowth,
      `memory grew by ${((trend?.growth ?? 0) * 100).toFixed(1)} % over the second half`,
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, failure]) => failure);
}

interface ReportParts {
  readonly failures: readonly string[];
  readonly out: string;
  readonly seed: number;
}

async function report(result: AttackResult, { failures, out, seed }: ReportParts): Promise<void> {
  const { sent, seconds, connections, tally, good, memory } = result;
  const kinds = tally.kinds().sort((a, b) => b.sent - a.sent);
  const trend = trendOf(memory);
  for (const { kind, sent: ofKind, endings } of kinds) {
    const parts = Object.entries(endings).map(([ending, count]) => `${ending} ${count}`);
    say(`${kind.padEnd(32)}${String(ofKind).padStart(7)}  ${parts.join(', ')}`);
  }
  say(`${sent} messages in ${seconds.toFixed(1)} s over ${connections} connections`);
  say(`${good.sent} valid requests in between, ${good.wrong} wrong`);
  if (trend !== undefined) {
    const { startMb, peakMb, endMb, slopeMbPer10k } = trend;
    const figures = [startMb, peakMb, endMb].map((mb) => mb.toFixed(0)).join(' / ');
    say(`memory of the server: start / peak / end ${figures} MB`);
    say(`trend over the second half: ${slopeMbPer10k.toFixed(2)} MB per 10,000 messages`);
  }
  tally.breaches.forEach((breach) => say(`breach: ${JSON.stringify(breach)}`));
  say(failures.length === 0 ? 'passed' : `FAILED: ${failures.join('; ')}`);
  await mkdir(dirname(out), { recursive: true });
  const { sent: goodSent, wrong } = good;
  const saved = {
    machine: describeMachine(),
    seed,
    sent,
    seconds,
    connections,
    failures,
    trend,
    kinds,
    good: { sent: goodSent, wrong },
    breaches: tally.breaches,
    memory,
  };
  await writeFile(out, `${JSON.stringify(saved, null, 2)}\n`);
  say(`saved ${out}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`hostile: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { at } from '../../../src/base/at.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { createRandom } from '../../../src/base/random.ts';
import { startServerProcess } from '../../../src/cli/shared/server-process.ts';
import {
  createRankingClient,
  type RankingClient,
  type WireRankRequestInput,
  type WireRankResponse,
} from '../../../src/client/client.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import { type Row, serverAim, type StepOptions } from '../plan.ts';
import { againstAim, quantile } from '../tables.ts';
import { buildServedModel } from './served-model.ts';

const callTimeoutMs = 20_000;
/** One HTTP/2 connection may become the bottleneck. */
const connections = 4;

/**
 * The server with its own defaults for the device, in a process of its own: what it chose, and
 * candidates a second with text at several numbers of requests in flight.
 */
export async function measureServer(
  options: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  const model = await buildServedModel(options);
  const server = await startServerProcess({
    timeoutMs: 40_000,
    settings: {
      SLMRANK_MODEL: model,
      SLMRANK_DEVICES: options.provider === 'cuda' ? 'cuda:0' : 'cpu:1',
      SLMRANK_CACHE_ENTRIES: '0',
      SLMRANK_QUEUED_CANDIDATES: '20000',
      SLMRANK_QUEUED_TOKENS: '4000000',
    },
  });
  const clients = Array.from({ length: connections }, () => createRankingClient(server.address));
  try {
    const { choices } = await at(clients, 0).getInfo(callTimeoutMs);
    for (const { setting, value, reason } of choices) {
      report({ table: 'choices', setting, value, reason });
    }
    const requests = drawRequests(options);
    await load({ clients, requests, inFlight: 2, seconds: options.seconds });
    for (const inFlight of options.levels) {
      const answers = await load({ clients, requests, inFlight, seconds: 2 * options.seconds });
      report({ table: 'server', 'in flight': inFlight, ...describe(answers, options) });
    }
  } finally {
    clients.forEach((client) => client.close());
    const startedAtMs = performance.now();
    const status = await server.stop();
    const ms = performance.now() - startedAtMs;
    report({ table: 'server', 'in flight': 'drain', 'exit status': String(status), 'p50 ms': ms });
  }
  await verifyModel(model, options, report);
}

/** Words of no meaning: the model's time depends on their number alone. */
function drawRequests({ candidates, words, isSmall }: StepOptions): WireRankRequestInput[] {
  const random = createRandom(7);
  const vocabulary =
    'nurse engineer driver teacher manager night shift patient care software build repair sales hospital city team plan report safety machine design data customer service travel office law research water field'.split(
      ' ',
    );
  const text = (count: number) =>
    Array.from({ length: count }, () => at(vocabulary, Math.floor(random() * vocabulary.length)));
  return Array.from({ length: isSmall ? 8 : 96 }, () => ({
    query: text(10).join(' '),
    candidates: Array.from({ length: candidates }, (_, place) => ({
      id: String(place),
      title: text(3).join(' '),
      text: text(words).join(' '),
    })),
  }));
}

interface Load {
  readonly clients: readonly RankingClient[];
  readonly requests: readonly WireRankRequestInput[];
  readonly inFlight: number;
  readonly seconds: number;
}

interface Answers {
  readonly seconds: number;
  readonly replies: { readonly ms: number; readonly reply: WireRankResponse }[];
  readonly errors: string[];
}

/** A closed loop: each of the requests in flight is followed by the next. */
async function load({ clients, requests, inFlight, seconds }: Load): Promise<Answers> {
  const replies: Answers['replies'] = [];
  const errors: string[] = [];
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + 1000 * seconds;
  let turn = 0;
  const follow = async () => {
    while (performance.now() < endAtMs) {
      const place = turn++;
      const sentAtMs = performance.now();
      try {
        const client = at(clients, place % clients.length);
        const reply = await client.rank(at(requests, place % requests.length), callTimeoutMs);
        replies.push({ ms: performance.now() - sentAtMs, reply });
      } catch (error) {
        errors.push(messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, follow));
  return { seconds: (performance.now() - startedAtMs) / 1000, replies, errors };
}

function describe(
  { seconds, replies, errors }: Answers,
  { candidates, isSmall }: StepOptions,
): Row {
  if (replies.length === 0) {
    return { errors: errors.length, 'first error': errors.at(0) ?? '' };
  }
  const times = replies.map(({ ms }) => ms);
  const rate = (replies.length * candidates) / seconds;
  const p99Ms = quantile(times, 0.99);
  const mean = (of: (reply: WireRankResponse) => number) =>
    replies.reduce((sum, { reply }) => sum + of(reply), 0) / replies.length;
  const isWithin = p99Ms <= serverAim.p99Ms ? 'p99 in the aim' : 'p99 too long';
  return {
    'candidates/s': rate,
    'p50 ms': quantile(times, 0.5),
    'p99 ms': p99Ms,
    'encode ms': mean(({ times: stages }) => stages?.encodeMs ?? 0),
    'queue ms': mean(({ times: stages }) => stages?.queueMs ?? 0),
    'run ms': mean(({ times: stages }) => stages?.runMs ?? 0),
    'tokens a candidate': mean(({ usage }) => usage?.packedTokens ?? 0) / candidates,
    errors: errors.length,
    ...(isSmall ? {} : { ...againstAim(rate, serverAim.candidatesPerS), latency: isWithin }),
  };
}

/** The reference's logits exist for the bundled model alone. */
async function verifyModel(
  model: string,
  { isSmall, provider }: StepOptions,
  report: (row: Row) => void,
): Promise<void> {
  if (isSmall) {
    return;
  }
  const golden = projectFolder('models/goldens/slmrank-55m.json.gz');
  const device = provider === 'cuda' ? 'cuda:0' : 'cpu';
  const program = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
  const args = [program, 'verify', model, '--golden', golden, '--device', device];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: unknown) => ({
    stdout: messageOf(error),
  }));
  for (const line of stdout.trim().split('\n').slice(-12)) {
    report({ table: 'verify', line: line.trim().replaceAll(/\s+/g, ' ') });
  }
}

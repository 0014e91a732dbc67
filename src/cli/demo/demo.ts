import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../../base/at.ts';
import { parseConfig } from '../../config/config.ts';
import { type DemoData, readDemoData } from '../../eval/data/demo-data.ts';
import {
  createRankingClient,
  type RankingClient,
  type WireGetInfoResponse,
} from '../../client/client.ts';
import { createItemClient } from '../../client/item-client.ts';
import { defaultRecipe } from '../../toolchain/build/ensure-model.ts';
import { projectFolder } from '../../toolchain/build/project-folder.ts';
import { chooseModel } from '../shared/choose-model.ts';
import { formatAnswer, type TableShape } from './demo-table.ts';
import { type Clients, compareById, formatComparison } from './rank-by-id.ts';
import { startServerProcess } from '../shared/server-process.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';
import { printLine } from '../shared/standard-error.ts';
import { whileWaiting } from '../shared/while-waiting.ts';
import { messageOf } from '../../base/errors.ts';

const usage = `Usage: slmrank demo [--model DIR] [--top N]

Ranks real job postings end to end: builds the model if it does not exist, starts the server, sends it three queries over
gRPC, shows the answers, ranks all postings once more by id, and stops the server.

  --model DIR  a built model (default: SLMRANK_MODEL, or ${defaultRecipe}, built when needed)
  --top N      show the first N places of each answer (default: 10)`;

/** Loading and ranking normally take seconds, but minutes on a slow disk or a busy machine. */
const startTimeoutMs = 600_000;
const callTimeoutMs = 600_000;

const precisionNames: ReadonlyMap<string, string> = new Map([
  ['int8', '8-bit integers'],
  ['fp16', '16-bit floats'],
  ['fp32', '32-bit floats'],
]);

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(args, usage, {
    model: { type: 'string' },
    top: { type: 'string', default: '10' },
  });
  const top = Number(values.top);
  if (!Number.isInteger(top) || top < 1) {
    throw new UsageError(`--top is '${values.top}'; a whole number of at least 1 is needed`);
  }
  const data = await readDemoData(projectFolder('models/demo'));
  const { model: configured, devices } = parseConfig(process.env, []);
  const model = await chooseModel({ model: values.model ?? configured, devices });
  const shape = { top, columns: process.stdout.isTTY ? process.stdout.columns : 120 };
  const items = await mkdtemp(join(tmpdir(), 'slmrank-demo-'));
  // Made at once: a search would still be at work while the postings are ranked.
  const compressor = { SLMRANK_ITEM_COMPRESSOR: 'phrases' };
  const settings = { SLMRANK_MODEL: model, SLMRANK_ITEMS: items, ...compressor };
  const status = await withServer(settings, (clients) => showAnswers(clients, data, shape)).finally(
    () => rm(items, { recursive: true, force: true }),
  );
  printLine(`Server stopped, status ${status}`);
  return status === 0 ? 0 : 1;
}

interface DemoClients extends Clients {
  readonly ranking: RankingClient;
}

/**
 * Starts the server, calls `use` with its clients, and always stops the server. Resolves to its
 * exit status.
 */
async function withServer(
  settings: { readonly SLMRANK_MODEL: string; readonly SLMRANK_ITEMS: string },
  use: (clients: DemoClients) => Promise<void>,
): Promise<number | 'killed'> {
  printLine(`Starting the server with ${settings.SLMRANK_MODEL}`);
  const starting = startServerProcess({
    settings: { ...settings, SLMRANK_MAX_CALL_MS: String(callTimeoutMs) },
    timeoutMs: startTimeoutMs,
  });
  const server = await whileWaiting('starting', starting, printLine);
  const ranking = createRankingClient(server.address);
  const items = createItemClient(server.address);
  try {
    await use({ ranking, items });
  } catch (error) {
    await server.stop();
    const reason = messageOf(error);
    throw new Error(`${reason}\nThe server's log ends with:\n${server.logTail()}`, {
      cause: error,
    });
  } finally {
    ranking.close();
    items.close();
  }
  return server.stop();
}

async function showAnswers(
  clients: DemoClients,
  { queries, postings: all }: DemoData,
  shape: TableShape,
): Promise<void> {
  const { ranking } = clients;
  const info = await ranking.getInfo(callTimeoutMs);
  process.stdout.write(
    "\n'before' is a posting's place in the results of keyword search (BM25), and 'place'\n" +
      "its place by the model's scores. 'match' is the probability, according to the model,\n" +
      'that the posting is what the query asks for.\n',
  );
  let postings = 0;
  let rankingMs = 0;
  for (const query of queries) {
    const candidates = query.candidates.map(({ id, title, text }) => ({ id, title, text }));
    process.stdout.write(`\n"${query.query}", ${candidates.length} postings\n`);
    const startedAtMs = performance.now();
    const request = { query: query.query, candidates };
    const reply = await whileWaiting('ranking', ranking.rank(request, callTimeoutMs), printLine);
    rankingMs += performance.now() - startedAtMs;
    postings += candidates.length;
    process.stdout.write(formatAnswer(query, reply, shape));
  }
  process.stdout.write(
    `\n${describeServed(info)}\nranked ${describeSpeed(postings, rankingMs)}.\n`,
  );
  const { query } = at(queries, 0);
  const ranked = all.slice(0, info.limits?.candidates);
  process.stdout.write(`\n"${query}", ${ranked.length} postings, by text and by id\n`);
  const comparison = await compareById(clients, { query, postings: ranked }, callTimeoutMs);
  process.stdout.write(formatComparison(comparison));
}

/** Such as "slmrank-55m (54.9 million parameters, 8-bit integers) on 2 CPU workers" */
function describeServed({ model, parameters, precision, replicas }: WireGetInfoResponse): string {
  const millions = (parameters / 1e6).toFixed(1);
  const kind = replicas.some(({ deviceSlot }) => deviceSlot.startsWith('cuda')) ? 'GPU' : 'CPU';
  const workers = `${replicas.length} ${kind} worker${replicas.length === 1 ? '' : 's'}`;
  const numbers = precisionNames.get(precision) ?? precision;
  return `${model} (${millions} million parameters, ${numbers}) on ${workers}`;
}

function describeSpeed(postings: number, rankingMs: number): string {
  const seconds = rankingMs / 1000;
  return `${postings} postings in ${seconds.toFixed(1)} s, ${(postings / seconds).toFixed(0)} a second`;
}

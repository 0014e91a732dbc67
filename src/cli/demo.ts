import { type DemoQuery, readDemoData } from '../eval/demo-data.ts';
import { createRankingClient, type RankingClient } from '../server/client.ts';
import { defaultRecipe, ensureModel } from '../toolchain/ensure-model.ts';
import { projectFolder } from '../toolchain/project-folder.ts';
import { formatAnswer, type TableShape } from './demo-table.ts';
import { startServerProcess } from './server-process.ts';
import { parseOptions, UsageError } from './usage.ts';

const usage = `Usage: slmrank demo [--model DIR] [--top N]

Ranks real postings end to end: gets and builds the model if it is not there, starts the server, asks it three
queries over gRPC, shows the answers, and stops it.

  --model DIR  a built model (default: the recipe ${defaultRecipe}, built when needed)
  --top N      places shown of each answer (default: 10)`;

/** Loading and ranking take seconds; on a slow disk or a busy machine they may take minutes, and that is no failure. */
const startTimeoutMs = 600_000;
const callTimeoutMs = 600_000;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseOptions(args, usage, {
    model: { type: 'string' },
    top: { type: 'string', default: '10' },
  });
  const top = Number(values.top);
  if (!Number.isInteger(top) || top < 1) {
    throw new UsageError(`--top is '${values.top}'; a whole number of at least 1 is needed`);
  }
  const { queries } = await readDemoData(projectFolder('models/demo'));
  const model = values.model ?? (await ensureModel(defaultRecipe, 'cpu', { onProgress: say }));
  const shape = { top, columns: process.stdout.isTTY ? process.stdout.columns : 100 };
  const status = await withServer(model, (client) => showAnswers(client, queries, shape));
  say(`Server stopped, status ${status}`);
  return status === 0 ? 0 : 1;
}

/** Starts the real server, hands over a client, and stops the server, whatever happens; resolves to its status. */
async function withServer(
  model: string,
  use: (client: RankingClient) => Promise<void>,
): Promise<number | 'killed'> {
  say(`Starting the server with ${model}`);
  const server = await startServerProcess({
    settings: { SLMRANK_MODEL: model, SLMRANK_MAX_CALL_MS: String(callTimeoutMs) },
    timeoutMs: startTimeoutMs,
  });
  const client = createRankingClient(server.address);
  try {
    await use(client);
  } catch (error) {
    await server.stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\nThe server's log ends with:\n${server.logTail()}`);
  } finally {
    client.close();
  }
  return server.stop();
}

async function showAnswers(
  client: RankingClient,
  queries: readonly DemoQuery[],
  shape: TableShape,
): Promise<void> {
  const info = await client.getInfo(callTimeoutMs);
  const replicas = info.replicas.map(({ deviceSlot }) => deviceSlot).join(', ');
  process.stdout.write(
    `\n${info.model}, ${(info.parameters / 1e6).toFixed(0)} million parameters, ${info.precision}, ` +
      `replicas ${replicas}, score fingerprint ${info.scoreFingerprint.slice(0, 12)}\n` +
      `'was' is the place in the first stage's list (BM25).\n`,
  );
  for (const query of queries) {
    say(`Ranking ${query.candidates.length} postings for "${query.query}"`);
    const candidates = query.candidates.map(({ id, title, text }) => ({ id, title, text }));
    const reply = await client.rank({ query: query.query, candidates }, callTimeoutMs);
    process.stdout.write(`\n${formatAnswer(query, reply, shape)}`);
  }
  process.stdout.write('\n');
}

/** Progress goes to standard error, so that the answers can be piped. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

import { Agent, request } from 'node:http';
import { createRankingClient } from '../../src/client/client.ts';
import { startServerProcess } from '../../src/cli/shared/server-process.ts';
import { parseOptions } from '../../src/cli/shared/usage.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { at } from '../../src/base/at.ts';
import { median } from '../../src/eval/measures/metrics.ts';

const usage = `Usage: npm run bench:doors -- [OPTIONS]

What HTTP adds to the time of a request, against gRPC: the same query and postings go through both
doors in turn to one server with the bundled model. Their scores are in the score cache after the
first round, so that the doors are measured and not the model.

  --candidates N  candidates of a request (default: 50)
  --rounds N      requests through each door (default: 400)
`;

const { values } = parseOptions(process.argv.slice(2), usage, {
  candidates: { type: 'string', default: '50' },
  rounds: { type: 'string', default: '400' },
});

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Posts a body, and resolves once the reply has been parsed. */
function post(address: string, path: string, body: string): Promise<unknown> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host,
        port: Number(port),
        path,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) {
            resolve(JSON.parse(text));
          } else {
            reject(new Error(`${path}: ${response.statusCode}: ${text}`));
          }
        });
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** The ways to ask for the same scores. */
type Way = () => Promise<unknown>;

async function main(): Promise<void> {
  const rounds = Number(values.rounds);
  const server = await startServerProcess({
    settings: { SLMRANK_HTTP_ADDRESS: '127.0.0.1:0' },
    timeoutMs: 600_000,
  });
  const { httpAddress: http = '' } = server;
  const client = createRankingClient(server.address);
  const { query, candidates } = at((await readDemoData('models/demo')).queries, 0);
  const texts = candidates.slice(0, Number(values.candidates)).map(({ text }) => text);
  const own = { query, candidates: texts.map((text) => ({ text })) };
  const asJson = JSON.stringify(own);
  const asCohere = JSON.stringify({ query, documents: texts });
  const ways: Readonly<Record<string, Way>> = {
    'gRPC Rank': () => client.rank(own, 60_000),
    'HTTP /v2/rerank': () => post(http, '/v2/rerank', asCohere),
    'HTTP, own JSON': () => post(http, '/slmrank.v1.RankingService/Rank', asJson),
  };
  const times = await measure(ways, rounds);
  client.close();
  agent.destroy();
  await server.stop();
  report(times, texts);
}

/** Asks each way in turn, and leaves out the first tenth, while the code becomes fast. */
async function measure(
  ways: Readonly<Record<string, Way>>,
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < rounds * 1.1; round++) {
    for (const [name, ask] of Object.entries(ways)) {
      const startedAtMs = performance.now();
      await ask();
      if (round >= rounds / 10) {
        times.get(name)?.push(performance.now() - startedAtMs);
      }
    }
  }
  return times;
}

function report(times: ReadonlyMap<string, readonly number[]>, texts: readonly string[]): void {
  const { cpu, cores, node, commit } = describeMachine();
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  console.log(`${cpu}, ${cores} cores, node ${node}, commit ${commit}`);
  console.log(`${texts.length} candidates, ${bytes} bytes of text, scores from the cache`);
  const [base = []] = times.values();
  for (const [name, all] of times) {
    const added = all.map((ms, round) => ms - at(base, round));
    const late = at(
      all.toSorted((a, b) => a - b),
      Math.floor(0.95 * all.length),
    );
    console.log(
      `${name.padEnd(16)} median ${median(all).toFixed(2)} ms, p95 ${late.toFixed(2)} ms, ` +
        `median added to gRPC ${median(added).toFixed(2)} ms (aim: under 2 ms)`,
    );
  }
}

await main();

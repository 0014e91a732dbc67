/** slmrank's own server in a process of its own: raw texts over gRPC, one request at a time. */
import { startServerProcess } from '../../../src/cli/shared/server-process.ts';
import { createRankingClient } from '../../../src/client/client.ts';
import { serveAdapter } from './protocol.ts';

const timeoutMs = 600_000;

await serveAdapter(async ({ model, threads }) => {
  const server = await startServerProcess({
    settings: {
      SLMRANK_MODEL: model,
      SLMRANK_DEVICES: `cpu:${threads}`,
      SLMRANK_MAX_CALL_MS: String(timeoutMs),
    },
    timeoutMs,
  });
  const client = createRankingClient(server.address);
  return {
    about: `served over gRPC, ${threads} replica(s), texts tokenized by the server, cache off`,
    pid: server.pid,
    rank: async ({ query, candidates }) => {
      const reply = await client.rank(
        { query, candidates: [...candidates], noCache: true },
        timeoutMs,
      );
      const scores = new Array<number>(candidates.length).fill(NaN);
      reply.results.forEach(({ index, score }) => {
        scores[index] = score;
      });
      return scores;
    },
    close: async () => {
      client.close();
      await server.stop();
    },
  };
});

import { startServerProcess } from '../../src/cli/shared/server-process.ts';
import { createRankingClient, type RankingClient } from '../../src/client/client.ts';
import { createItemClient, type ItemClient } from '../../src/client/item-client.ts';

/** A server in a process of its own, with an item store where one is named, and its clients. */
export interface ItemServer {
  readonly ranking: RankingClient;
  readonly items: ItemClient;
  /** SIGKILL; `stop` then waits until the process is gone. */
  kill(): void;
  /** Lets it drain, if it was not killed. Resolves to its exit status. */
  stop(): Promise<number | 'killed'>;
}

const startTimeoutMs = 600_000;

/** @param more settings besides. @throws ServerStartError */
export async function startItemServer(
  model: string,
  store: string | undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<ItemServer> {
  const server = await startServerProcess({
    settings: {
      SLMRANK_MODEL: model,
      SLMRANK_ITEMS: store ?? '',
      SLMRANK_MAX_CALL_MS: '600000',
      ...more,
    },
    timeoutMs: startTimeoutMs,
  });
  const ranking = createRankingClient(server.address);
  const items = createItemClient(server.address);
  return {
    ranking,
    items,
    kill: () => void process.kill(server.pid, 'SIGKILL'),
    stop: () => {
      ranking.close();
      items.close();
      return server.stop();
    },
  };
}

import { Valkey } from '../../../src/valkey/valkey.ts';
import { until } from '../valkey/until.ts';
import type { TestValkey } from './shared-servers.ts';

/** A server's two connections for its items. */
export interface BothConnections {
  readonly valkey: TestValkey;
  readonly waiting: TestValkey;
  close(): void;
}

/** Connects to a Valkey server of this machine, which may be dead: then `isUp` is false. */
export async function connectBoth(port: number, isUp = true): Promise<BothConnections> {
  const options = { host: '127.0.0.1', port, isTls: false, db: 0, timeoutMs: 2000 };
  const [valkey, waiting] = [new Valkey(options), new Valkey(options)];
  if (isUp) {
    await until(() => valkey.isConnected && waiting.isConnected);
  }
  return {
    valkey,
    waiting,
    close: () => {
      valkey.close();
      waiting.close();
    },
  };
}

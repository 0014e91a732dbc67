import { createAdminClient } from '../../src/client/admin-client.ts';
import { messageOf } from '../../src/base/errors.ts';

export interface Resizes {
  readonly done: number;
  readonly problems: readonly string[];
}

/** A replica loads slowly on a busy machine. */
const timeoutMs = 300_000;

/** Adds a replica and removes it again, at an interval, while the server is under load. */
export function startResizing(
  address: string,
  replicas: number,
  everyMs: number,
): { stop(): Promise<Resizes> } {
  const client = createAdminClient(address, timeoutMs);
  const problems: string[] = [];
  let done = 0;
  let change = Promise.resolve();
  const resize = async () => {
    const count = done % 2 === 0 ? replicas + 1 : replicas;
    try {
      await client.setReplicas({ count }, () => undefined);
      done += 1;
    } catch (error) {
      problems.push(`resize to ${count}: ${messageOf(error)}`);
    }
  };
  const timer = setInterval(() => {
    change = change.then(resize);
  }, everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await change;
      client.close();
      return { done, problems };
    },
  };
}

import { at } from '../../src/base/at.ts';
import { CallError } from '../../src/client/call.ts';
import type { ItemClient, WireItemsState } from '../../src/client/item-client.ts';
import type { ItemName } from './figures.ts';
import type { Source } from './putter.ts';
import type { ItemsReport, StaleSample } from './report.ts';

const callTimeoutMs = 60_000;
const watchIntervalMs = 1000;

export async function listAll(client: Pick<ItemClient, 'list'>): Promise<readonly ItemName[]> {
  const listed: ItemName[] = [];
  let token = '';
  do {
    const { items, nextPageToken } = await client.list(token, callTimeoutMs);
    listed.push(...items);
    token = nextPageToken;
  } while (token !== '');
  return listed;
}

/** So many of the values, spread evenly over them. */
export function spread<T>(values: readonly T[], count: number): readonly T[] {
  const most = Math.min(count, values.length);
  return Array.from({ length: most }, (_, n) => at(values, Math.floor((n * values.length) / most)));
}

/** Ids of the items that came back with another title or text than was put. */
export async function findChanged(
  client: Pick<ItemClient, 'get'>,
  sources: readonly Source[],
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const { id, title, text } of sources) {
    const { source } = await client.get(id, callTimeoutMs);
    if (source?.text !== text || source.title !== title) {
      changed.push(id);
    }
  }
  return changed;
}

/** Watches until nothing is stale, or the time is over. */
export async function awaitSummaries(
  client: Pick<ItemClient, 'watch'>,
  waitMs: number,
  say: (line: string) => void,
): Promise<ItemsReport['recompression']> {
  const startedAtMs = performance.now();
  const samples: StaleSample[] = [];
  let last: WireItemsState | undefined;
  const isDone = (state: WireItemsState) => {
    last = state;
    const stale = Number(state.stale);
    const atMs = performance.now() - startedAtMs;
    samples.push({ atMs, stale, lagSeconds: state.lagSeconds });
    if (samples.length % 60 === 0) {
      say(`${stale} items still wait for their summaries`);
    }
    return stale === 0;
  };
  const isWhole = await client.watch(watchIntervalMs, isDone, waitMs).then(
    () => true,
    (error: unknown) => {
      if (error instanceof CallError && error.code === 'DEADLINE_EXCEEDED') {
        return false;
      }
      throw error;
    },
  );
  const counts =
    last?.compressed.map(({ method, items }) => [method, Number(items)] as const) ?? [];
  return {
    samples,
    compressed: Object.fromEntries(counts),
    ...(isWhole ? { doneMs: performance.now() - startedAtMs } : {}),
  };
}

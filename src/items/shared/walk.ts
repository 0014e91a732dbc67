import type { Clock } from '../../base/clock.ts';
import { batchItems, type RemoteItems } from './remote-items.ts';
import { type LocalItems, localStamp, readRecord } from './local-records.ts';
import { isNews } from './stamp.ts';
import type { Taker } from './take-records.ts';

export interface WalkParts {
  readonly local: LocalItems;
  readonly remote: Pick<RemoteItems, 'stamps' | 'page' | 'push'>;
  readonly taker: Pick<Taker, 'take'>;
  readonly wanted: () => string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Ids compared at a time: a few milliseconds of the main thread. */
const pageIds = 200;
/** Between two pages, for requests to go on; also if a server that lies sends page after page. */
const pauseMs = 5;
/** A server that lies could have us read on without end. */
const mostPages = 1_000_000;

/**
 * Compares all items here with those in Valkey by their stamps, and sends and takes what is news.
 * False when it could not reach the end.
 */
export async function walk(parts: WalkParts): Promise<boolean> {
  return (await sendNews(parts)) && (await takeNews(parts));
}

async function sendNews(parts: WalkParts): Promise<boolean> {
  const { local, remote, wanted, clock, signal } = parts;
  let after: string | undefined;
  while (!signal.aborted) {
    const ids = local.ids(after, pageIds);
    after = ids.at(-1);
    if (after === undefined) {
      return true;
    }
    const stamps = await remote.stamps(ids);
    if (stamps === undefined) {
      return false;
    }
    const news = ids.filter((id, place) => {
      const stamp = localStamp(local, id);
      return stamp !== undefined && isNews(stamp, stamps[place], wanted());
    });
    if (!(await sendAll(news, parts))) {
      return false;
    }
    await pause(clock);
  }
  return false;
}

async function sendAll(
  ids: readonly string[],
  { local, remote, wanted, signal }: WalkParts,
): Promise<boolean> {
  for (let start = 0; start < ids.length && !signal.aborted; start += batchItems) {
    const batch = ids.slice(start, start + batchItems);
    const records = batch.flatMap((id) => readRecord(local, id) ?? []);
    if ((await remote.push(records, wanted())) === undefined) {
      return false;
    }
  }
  return true;
}

async function takeNews({ remote, taker, clock, signal }: WalkParts): Promise<boolean> {
  let cursor = '0';
  for (let pages = 0; pages < mostPages && !signal.aborted; pages += 1) {
    const page = await remote.page(cursor);
    if (page === undefined || (await taker.take(page.stamps)) === undefined) {
      return false;
    }
    if (page.cursor === '0') {
      return true;
    }
    cursor = page.cursor;
    await pause(clock);
  }
  return false;
}

async function pause(clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => clock.at(clock.nowMs() + pauseMs, resolve));
}

import { at } from '../../../src/base/at.ts';
import { sleep } from '../../chaos/wait.ts';
import type { List } from '../core/lists.ts';
import { rank, rankPinned } from './grpc-client.ts';
import { pageOf, settle, type Traffic } from './traffic.ts';

const refusedPauseMs = 200;

/** Ranks without a pin. */
export async function rankFreely(traffic: Traffic, from: number): Promise<void> {
  for (let n = from; !traffic.isStopped; n += 1) {
    const call = { page: pageOf(traffic, n), pin: undefined, sentAtMs: traffic.nowMs() };
    settle(traffic, 'unary', call, await rank(traffic.channel, call.page, undefined));
  }
}

/** Ranks with the old model only, as an experiment does. */
export async function rankWithOld(traffic: Traffic, from: number): Promise<void> {
  const { old: pin } = traffic;
  for (let n = from; !traffic.isStopped; n += 1) {
    const call = { page: pageOf(traffic, n), pin, sentAtMs: traffic.nowMs() };
    const found = settle(
      traffic,
      'pinned',
      call,
      await rankPinned(traffic.channel, call.page, pin),
    );
    if (found === undefined) {
      await sleep(refusedPauseMs);
    }
  }
}

/** Ranks lists page by page: the first page without a pin, the others by the same model. */
export async function rankLists(traffic: Traffic, from: number): Promise<void> {
  const { lists, account } = traffic;
  for (let n = from; !traffic.isStopped; ) {
    const list = at(lists, n % lists.length);
    const fingerprints = await rankList(traffic, list);
    const isAgain = fingerprints.length < list.length;
    account.endList('sessions', fingerprints, isAgain);
    n += isAgain ? 0 : 1;
  }
}

/** The fingerprints by which the pages were ranked, up to the first one that was refused. */
async function rankList(traffic: Traffic, list: List): Promise<readonly string[]> {
  const { channel } = traffic;
  const fingerprints: string[] = [];
  for (const page of list) {
    const [pin] = fingerprints;
    const call = { page, pin, sentAtMs: traffic.nowMs() };
    const end = await (pin === undefined
      ? rank(channel, page, undefined)
      : rankPinned(channel, page, pin));
    const found = settle(traffic, 'sessions', call, end);
    if (found === undefined) {
      break;
    }
    fingerprints.push(found);
    // A person reads a page before the next one.
    await sleep(20);
  }
  return fingerprints;
}

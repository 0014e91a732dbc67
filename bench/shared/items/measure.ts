import { at } from '../../../src/base/at.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { Hands } from '../faults.ts';
import { benchItem, type BenchServer, openBenchServer, waitFor } from './stores.ts';

export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function quantilesOf(timesMs: readonly number[]): Quantiles {
  const sorted = [...timesMs].sort((one, other) => one - other);
  const pick = (share: number) => at(sorted, Math.floor(share * (sorted.length - 1)));
  return { p50Ms: round(pick(0.5)), p99Ms: round(pick(0.99)) };
}

export function round(value: number): number {
  return Number(value.toPrecision(3));
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = systemClock.nowMs();
  await work();
  return systemClock.nowMs() - startedAtMs;
}

const batch = 100;

function messageOf(name: string, number: number) {
  return Array.from({ length: batch }, (_, i) => benchItem(`${name}-${number}-${i}`, 1));
}

/** Puts a second, alone and shared, in turns; nobody else follows. */
export async function measurePuts(state: string, port: number, rounds: number) {
  const servers = [await openBenchServer(state, undefined), await openBenchServer(state, port)];
  const rates: number[][] = [[], []];
  for (let number = 0; number < rounds; number += 1) {
    for (const [place, { keeper }] of servers.entries()) {
      const messages = Array.from({ length: 5 }, (_, i) => messageOf('put', 5 * number + i));
      const ms = await timeOf(() => Promise.all(messages.map((items) => keeper.put(items))));
      rates[place]?.push((5 * batch * 1000) / ms);
    }
  }
  await Promise.all(servers.map((server) => server.close()));
  const [alone = 0, shared = 0] = rates.map((all) => median(all));
  return { alone: round(alone), shared: round(shared), ratio: round(shared / alone) };
}

/** One put after the other on A: until it is acknowledged, and until B ranks it by itself. */
export async function measureSpread(a: BenchServer, b: BenchServer, puts: number) {
  const acknowledged: number[] = [];
  const arrived: number[] = [];
  for (let number = 0; number < puts; number += 1) {
    const id = `spread-${number}`;
    const startedAtMs = systemClock.nowMs();
    const putting = a.keeper.put([benchItem(id, 1)]).then(() => {
      acknowledged.push(systemClock.nowMs() - startedAtMs);
    });
    while (b.local.stored(id).kind === 'nothing') {
      await new Promise((resolve) => setImmediate(resolve));
    }
    arrived.push(systemClock.nowMs() - startedAtMs);
    await putting;
  }
  return { acknowledged: quantilesOf(acknowledged), onOther: quantilesOf(arrived) };
}

export interface LookUpRow {
  readonly valkey: string;
  /** 250 stored ids, alone and shared. */
  readonly alone: Quantiles;
  readonly shared: Quantiles;
  /** The same with one id more that nobody has. */
  readonly missing: Quantiles;
}

/** Look-ups of 250 ids, as ranking makes them, alone and shared in turns. */
export async function measureLookUps(
  servers: { readonly alone: BenchServer; readonly shared: BenchServer },
  valkey: string,
  rounds: number,
): Promise<LookUpRow> {
  const ids = Array.from({ length: 250 }, (_, i) => `look-${i}`);
  const times: Record<'alone' | 'shared' | 'missing', number[]> = {
    alone: [],
    shared: [],
    missing: [],
  };
  for (let number = 0; number < rounds; number += 1) {
    times.alone.push(await timeOf(() => servers.alone.keeper.lookUp(ids)));
    times.shared.push(await timeOf(() => servers.shared.keeper.lookUp(ids)));
    const more = [...ids, `nobody-${number}`];
    times.missing.push(await timeOf(() => servers.shared.keeper.lookUp(more)));
  }
  const { alone, shared, missing } = times;
  return {
    valkey,
    alone: quantilesOf(alone),
    shared: quantilesOf(shared),
    missing: quantilesOf(missing),
  };
}

/** Both have the 250 items of the look-ups. */
export async function storeLooked(servers: readonly BenchServer[]): Promise<void> {
  const items = Array.from({ length: 250 }, (_, i) => benchItem(`look-${i}`, 1));
  await Promise.all(servers.map(({ keeper }) => keeper.put(items)));
}

/** Seconds until a new server has all items. */
export async function measureFill(state: string, port: number, items: number) {
  const first = await openBenchServer(state, port);
  for (let number = 0; number * batch < items; number += 1) {
    await first.keeper.put(messageOf('fill', number));
  }
  const startedAtMs = systemClock.nowMs();
  const fresh = await openBenchServer(state, port);
  await waitFor(() => fresh.shared?.state().walks === 1);
  const seconds = (systemClock.nowMs() - startedAtMs) / 1000;
  const stored = fresh.local.stats().items;
  await Promise.all([first.close(), fresh.close()]);
  return { items: stored, seconds: round(seconds), perSecond: round(stored / seconds) };
}

export async function emptyValkey(hands: Hands): Promise<void> {
  await hands.kill();
  await hands.restart();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return at(sorted, Math.floor(values.length / 2));
}

import { expect, test } from '@jest/globals';
import type {
  BatchEvent,
  Ending,
  SimulatedServer,
} from '../../src/simulate/server/simulated-server.ts';
import { latencyOf, summarize } from '../../src/simulate/summarize.ts';
import { batchRun } from '../support/serving/events.ts';

function ending(latencyMs: number, changes: Partial<Ending> = {}): Ending {
  return {
    arrival: {
      client: 'a',
      class: 'interactive',
      atMs: 0,
      deadlineMs: 500,
      prefixTokens: 1,
      candidateTokens: [1],
    },
    outcome: 'scored',
    reason: undefined,
    latencyMs,
    scored: 10,
    ...changes,
  };
}

function server(busyMs: readonly number[], batches: readonly BatchEvent[]): SimulatedServer {
  const replicas = busyMs.map((ms, i) => ({ name: `cpu#${i}`, busyMs: ms }));
  return { replicas, batches } as unknown as SimulatedServer;
}

test('outcomes and reasons are counted, and goodput counts only scores in time', () => {
  const endings = [
    ending(100),
    ending(700),
    ending(0, { outcome: 'rejected', reason: 'QUEUE_FULL', scored: 0 }),
    ending(0, { outcome: 'rejected', reason: 'QUEUE_FULL', scored: 0 }),
  ];
  const report = summarize(endings, [server([1], [batchRun()])], 2_000);
  expect(report).toMatchObject({
    requests: 4,
    outcomes: { scored: 2, rejected: 2 },
    reasons: { QUEUE_FULL: 2 },
    goodput: 5,
    latencyMs: { p50: 700, p99: 700 },
  });
});

test('busy shares are those of each replica of each server', () => {
  const { busyShare, busySpread } = summarize(
    [],
    [server([500, 250], [batchRun()]), server([400], [])],
    1_000,
  );
  expect(busyShare).toEqual([
    { server: 0, replica: 'cpu#0', share: 0.5 },
    { server: 0, replica: 'cpu#1', share: 0.25 },
    { server: 1, replica: 'cpu#0', share: 0.4 },
  ]);
  expect(busySpread).toBe(2);
});

test('waste, batch size and prediction error are those of all batches together', () => {
  const batches = [
    batchRun({ realSlots: 50, paddedSlots: 100, packedTokens: 200, runMs: 100, predictedMs: 90 }),
    batchRun({ realSlots: 250, paddedSlots: 300, packedTokens: 400, runMs: 50, predictedMs: 65 }),
  ];
  const report = summarize([], [server([1], batches)], 1_000);
  expect(report).toMatchObject({ waste: 0.25, batches: 2, tokensPerBatch: 300 });
  expect(report.predictionError).toBeCloseTo((0.1 + 0.3) / 2, 12);
});

test('percentiles are latencies that occurred; without any they are NaN', () => {
  const endings = Array.from({ length: 100 }, (_, i) => ending(100 - i));
  expect(latencyOf(endings)).toEqual({ p50: 51, p95: 96, p99: 100 });
  expect(latencyOf([])).toEqual({ p50: Number.NaN, p95: Number.NaN, p99: Number.NaN });
});

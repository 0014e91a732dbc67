import type { ServingEvent } from '../../../src/domain/events.ts';

type Of<Kind extends ServingEvent['kind']> = Extract<ServingEvent, { kind: Kind }>;

export function ended(change: Partial<Of<'ended'>> = {}): Of<'ended'> {
  return {
    kind: 'ended',
    outcome: 'scored',
    reason: undefined,
    requestId: 'r-1',
    method: 'Rank',
    client: 'search',
    priority: 'interactive',
    candidates: 10,
    scored: 10,
    cached: 3,
    truncated: 1,
    packedTokens: 420,
    inTime: true,
    startedAtMs: 1_700_000_000_000,
    encodeMs: 2,
    queueMs: 30,
    runMs: 60,
    totalMs: 100,
    traceparent: undefined,
    ...change,
  };
}

export function batchRun(change: Partial<Of<'batch'>> = {}): Of<'batch'> {
  return {
    kind: 'batch',
    replica: 'cpu#0',
    isSpareWork: false,
    bucket: 64,
    candidates: 8,
    packedTokens: 300,
    predictedMs: 50,
    runMs: 60,
    realSlots: 900,
    paddedSlots: 1000,
    ...change,
  };
}

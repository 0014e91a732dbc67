import { describe, expect, test } from '@jest/globals';
import { RankError, type RankErrorKind } from '../../src/base/errors.ts';
import type { ServingEvent } from '../../src/domain/events.ts';
import { endedEvent, RankNotes } from '../../src/desk/ended-event.ts';
import type { FakeRank } from '../support/fakes/pipeline.ts';
import { startTestServer, type TestServer } from '../support/serving/test-server.ts';

type Ended = Extract<ServingEvent, { kind: 'ended' }>;

const request = { query: 'a query', candidates: [{ text: 'one' }, { text: 'three' }] };

async function withServer(
  use: (server: TestServer, events: readonly Ended[]) => Promise<void>,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const events: Ended[] = [];
  const tell = (event: ServingEvent) => events.push(event as Ended);
  const server = await startTestServer(settings, { tell });
  try {
    await use(server, events);
  } finally {
    await server.close();
  }
}

/** Resolves when the server aborts the work. */
async function abortOf(held: FakeRank | undefined): Promise<void> {
  const signal = held?.call.signal;
  if (signal?.aborted === false) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  }
}

const call = {
  method: 'Rank',
  requestId: 'r',
  caller: { client: '', traceparent: undefined },
  error: undefined,
  startedAtMs: 1000,
  endedAtMs: 1250,
  dueAtMs: 1250,
};

describe('endedEvent', () => {
  test.each<[RankErrorKind, Ended['outcome'], string]>([
    ['invalid-argument', 'rejected', 'INVALID_REQUEST'],
    ['not-found', 'rejected', 'MODEL_NOT_FOUND'],
    ['overloaded', 'rejected', 'QUEUE_FULL'],
    ['unavailable', 'rejected', 'NOT_SERVING'],
    ['deadline-exceeded', 'expired', 'DEADLINE_PASSED'],
    ['cancelled', 'cancelled', 'CANCELLED'],
    ['replica-failed', 'failed', 'REPLICA_FAILED'],
    ['internal', 'failed', 'INTERNAL'],
  ])('an error %s ends a request as %s with reason %s', (kind, outcome, reason) => {
    const error = new RankError(kind, 'no');
    expect(endedEvent(new RankNotes(), { ...call, error })).toMatchObject({
      outcome,
      reason,
      inTime: false,
      totalMs: 250,
    });
  });

  test('an answer after the deadline is not in time', () => {
    expect(endedEvent(new RankNotes(), call)?.inTime).toBe(true);
    expect(endedEvent(new RankNotes(), { ...call, endedAtMs: 1251 })?.inTime).toBe(false);
  });

  test('other methods rank nothing', () => {
    expect(endedEvent(new RankNotes(), { ...call, method: 'Tokenize' })).toBeUndefined();
  });
});

describe('the server reports the end', () => {
  test('of a scored request once, with its stages and its caller', async () => {
    await withServer(async (server, events) => {
      await server.call('Rank', { ...request, request_id: 'mine' });
      expect(events).toEqual([
        expect.objectContaining({
          kind: 'ended',
          method: 'Rank',
          outcome: 'scored',
          reason: undefined,
          requestId: 'mine',
          priority: 'interactive',
          candidates: 2,
          scored: 2,
          packedTokens: 12,
          inTime: true,
          encodeMs: 1,
          queueMs: 2,
          runMs: 3,
        }),
      ]);
    });
  });

  test('of requests that a check or the pipeline refuses', async () => {
    await withServer(async (server, events) => {
      await server.fail('Rank', { ...request, query: '' });
      server.pipeline.holds = true;
      const refused = server.fail('Rank', request);
      await server.pipeline.arrived(1);
      server.pipeline.ranked[0]?.fail(new RankError('overloaded', 'full'));
      await refused;
      expect(events).toMatchObject([
        { outcome: 'rejected', reason: 'INVALID_REQUEST', scored: 0 },
        { outcome: 'rejected', reason: 'QUEUE_FULL', candidates: 2, scored: 0 },
      ]);
    });
  });

  test('of an expired request once, and not of its later reply', async () => {
    const shortest = { 'max-call-ms': '100' };
    await withServer(async (server, events) => {
      server.pipeline.holds = true;
      await server.fail('Rank', request);
      server.pipeline.ranked[0]?.reply();
      await server.call('GetInfo', {});
      expect(events).toMatchObject([{ outcome: 'expired', candidates: 2, scored: 0 }]);
    }, shortest);
  });

  test('of a partial answer as partial', async () => {
    await withServer(async (server, events) => {
      server.pipeline.holds = true;
      const answer = server.call('Rank', request);
      await server.pipeline.arrived(1);
      server.pipeline.ranked[0]?.reply({ complete: false });
      await answer;
      expect(events).toMatchObject([{ outcome: 'partial' }]);
    });
  });

  test('of every request of a stream, including refused and cancelled ones', async () => {
    await withServer(async (server, events) => {
      const stream = server.rankStream();
      const answers: unknown[] = [];
      const second = new Promise<void>((resolve) => {
        stream.on('data', (answer) => {
          answers.push(answer);
          if (answers.length === 2) {
            resolve();
          }
        });
      });
      const closed = new Promise<void>((resolve) => stream.on('error', () => resolve()));
      stream.write({ ...request, request_id: 'a' });
      stream.write(request);
      await second;
      server.pipeline.holds = true;
      stream.write({ ...request, request_id: 'c' });
      await server.pipeline.arrived(2);
      stream.cancel();
      await closed;
      const held = server.pipeline.ranked[1];
      await abortOf(held);
      held?.reply();
      const told = events.map(({ requestId, outcome }) => [requestId, outcome]);
      expect(told.sort()).toEqual([
        ['', 'rejected'],
        ['a', 'scored'],
        ['c', 'cancelled'],
      ]);
      expect(events.every(({ method }) => method === 'RankStream')).toBe(true);
    });
  });
});

import { Metadata } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import type { ReplicaDescription } from '../../src/domain/rank.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { replicaDescription } from '../support/fakes/pipeline.ts';
import {
  methodOf,
  startTestServer,
  type TestServer,
  unary,
} from '../support/serving/test-server.ts';

let server: TestServer;
afterEach(() => server.close());

async function setUp() {
  const clock = new FakeClock();
  server = await startTestServer({}, { clock });
  let phase: ReplicaDescription['phase'] = 'ready';
  server.pipeline.replicas = () => [replicaDescription({ phase })];
  const set = (next: ReplicaDescription['phase']) => {
    phase = next;
  };
  return { clock, set };
}

function health(): Promise<unknown> {
  const plain = { metadata: new Metadata(), options: {} };
  return unary(server.client, methodOf('grpc.health.v1.Health', 'Check'), {}, plain);
}

test('is NOT_SERVING after five seconds without a ready replica, and SERVING with one again', async () => {
  const { clock, set } = await setUp();
  set('failed');
  await clock.advance(4_500);
  expect(await health()).toEqual({ status: 'SERVING' });
  await clock.advance(1_000);
  expect(await health()).toEqual({ status: 'NOT_SERVING' });
  set('ready');
  await clock.advance(500);
  expect(await health()).toEqual({ status: 'SERVING' });
});

test('a short loss is not reported', async () => {
  const { clock, set } = await setUp();
  set('loading');
  await clock.advance(3_000);
  set('ready');
  await clock.advance(3_000);
  set('failed');
  await clock.advance(4_000);
  expect(await health()).toEqual({ status: 'SERVING' });
});

test('stays NOT_SERVING once a stop has begun', async () => {
  const { clock } = await setUp();
  const stopped = server.stop();
  await clock.advance(10_000);
  await stopped;
  expect(clock.timers).toBe(0);
});

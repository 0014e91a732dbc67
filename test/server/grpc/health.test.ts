import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from '@jest/globals';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  failureOf,
  type Json,
  methodOf,
  startTestServer,
  type TestServer,
  unary,
} from '../../support/serving/test-server.ts';

const service = 'slmrank.v1.RankingService';
const plain = { metadata: new Metadata(), options: {} };

let server: TestServer;
afterEach(() => server.close());

function ask(name: string, request: Json): Promise<Json> {
  return unary(server.client, methodOf('grpc.health.v1.Health', name), request, plain);
}

/** Collects the statuses of a watch until it ends. */
function watch(name: string) {
  const { path, requestSerialize, responseDeserialize } = methodOf(
    'grpc.health.v1.Health',
    'Watch',
  );
  const call = server.client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
    service: name,
  });
  const seen: unknown[] = [];
  const waiting: (() => void)[] = [];
  call.on('data', (message: Json) => {
    seen.push(message['status']);
    waiting.splice(0).forEach((go) => go());
  });
  const ended = new Promise<number>((resolve) =>
    call.on('error', (error: ServiceError) => resolve(error.code)),
  );
  const until = async (count: number) => {
    while (seen.length < count) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return seen;
  };
  return { until, ended };
}

test('the server and the service are SERVING only when the pipeline is warm', async () => {
  server = await startTestServer({}, { cold: true });
  for (const name of ['', service]) {
    expect(await ask('Check', { service: name })).toEqual({ status: 'NOT_SERVING' });
  }
  server.pipeline.becomeWarm();
  await server.ready;
  for (const name of ['', service]) {
    expect(await ask('Check', { service: name })).toEqual({ status: 'SERVING' });
  }
  expect(await ask('List', {})).toEqual({
    statuses: { '': { status: 'SERVING' }, [service]: { status: 'SERVING' } },
  });
});

test('a model that fails to warm is never SERVING', async () => {
  server = await startTestServer({}, { cold: true });
  server.pipeline.failToWarm(new Error('broken'));
  await expect(server.ready).rejects.toThrow('broken');
  expect(await ask('Check', { service })).toEqual({ status: 'NOT_SERVING' });
});

test('an unknown service is not found', async () => {
  server = await startTestServer();
  expect((await failureOf(ask('Check', { service: 'slmrank.v2.RankingService' }))).code).toBe(
    status.NOT_FOUND,
  );
});

test('a watch gets every change, and an open watch does not delay the shutdown', async () => {
  server = await startTestServer({}, { cold: true });
  const { until, ended } = watch(service);
  await until(1);
  server.pipeline.becomeWarm();
  await until(2);
  const stopped = server.stop();
  expect(await until(3)).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
  expect(await stopped).toBe(true);
  expect([status.UNAVAILABLE, status.CANCELLED]).toContain(await ended);
});

test('a stop before the model is warm keeps the server NOT_SERVING, without a lame duck', async () => {
  server = await startTestServer({}, { cold: true, lameDuckMs: 3_600_000 });
  const { until } = watch('');
  await until(1);
  const stopped = server.stop();
  server.pipeline.becomeWarm();
  await server.ready;
  expect(await until(2)).toEqual(['NOT_SERVING', 'NOT_SERVING']);
  expect(await stopped).toBe(true);
});

test('watches of unknown names stay open, as the protocol demands, but the names are not stored', async () => {
  server = await startTestServer();
  const { until } = watch('slmrank.v2.RankingService');
  expect(await until(1)).toEqual(['SERVICE_UNKNOWN']);
  expect(server.door.openCalls).toBe(1);
  const failure = await failureOf(ask('Check', { service: 'no.Service' }));
  expect(failure.message).toBe(
    "the service 'no.Service' is not here; known are '' (the server) and 'slmrank.v1.RankingService'",
  );
});

test('names of any length do not stay in memory', async () => {
  server = await startTestServer();
  const before = await heapAfter(0);
  for (let round = 0; round < 2; round += 1) {
    const names = Array.from({ length: 40 }, (_, i) => `${round} ${i} ${'n'.repeat(60_000)}`);
    const failures = await Promise.all(
      names.map((service) => failureOf(ask('Check', { service }))),
    );
    expect(failures.map(({ code }) => code)).toEqual(names.map(() => status.INVALID_ARGUMENT));
    await Promise.all(names.map((name) => watch(name).ended));
  }
  expect((await heapAfter(50)) - before).toBeLessThan(2_400_000);
});

/** Bytes of the heap after some turns of the event loop and a garbage collection. */
async function heapAfter(turns: number): Promise<number> {
  for (let i = 0; i < turns; i += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

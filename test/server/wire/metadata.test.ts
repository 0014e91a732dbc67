import { describe, expect, test } from '@jest/globals';
import { Metadata, type MetadataValue } from '@grpc/grpc-js';
import {
  callerOf,
  chooseRequestId,
  serverTiming,
  takeCredential,
  timeLeft,
} from '../../../src/server/wire/metadata.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

test('serverTiming writes the stages in milliseconds with two decimals', () => {
  expect(serverTiming({ encodeMs: 1.23456, queueMs: 30, runMs: 61.5, totalMs: 92.734999 })).toBe(
    'encode;dur=1.23, queue;dur=30, run;dur=61.5, total;dur=92.73',
  );
});

describe('the trailers of Rank', () => {
  const request = { query: 'a query', candidates: [{ text: 'one' }] };

  function trailersOf(server: TestServer, method: string, message: object) {
    return new Promise<Metadata>((resolve) => {
      const { path, requestSerialize, responseDeserialize } = methodOf(
        'slmrank.v1.RankingService',
        method,
      );
      const call = server.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        message as never,
        () => undefined,
      );
      call.on('status', ({ metadata }) => resolve(metadata));
    });
  }

  async function withServer(
    options: Parameters<typeof startTestServer>[1],
    use: (server: TestServer) => Promise<void>,
  ) {
    const server = await startTestServer({}, options);
    try {
      await use(server);
    } finally {
      await server.close();
    }
  }

  test('say how long each stage took', async () => {
    await withServer({}, async (server) => {
      const trailers = await trailersOf(server, 'Rank', request);
      expect(trailers.get('server-timing')).toEqual([
        'encode;dur=1, queue;dur=2, run;dur=3, total;dur=6',
      ]);
      expect(trailers.get('endpoint-load-metrics-bin')).toEqual([]);
    });
  });

  test('report the load if it is known, also of failed calls', async () => {
    const load = { utilization: 0.5, requestsPerSecond: 1, errorsPerSecond: 0 };
    await withServer({ readLoad: () => load }, async (server) => {
      const reports: MetadataValue[][] = [];
      for (const message of [request, { ...request, query: '' }]) {
        const trailers = await trailersOf(server, 'Rank', message);
        reports.push(trailers.get('endpoint-load-metrics-bin'));
      }
      expect(reports.map(([report]) => (report as Buffer | undefined)?.length)).toEqual([27, 27]);
    });
  });

  test('are not on methods that rank nothing', async () => {
    await withServer({}, async (server) => {
      const trailers = await trailersOf(server, 'GetInfo', {});
      expect(trailers.get('server-timing')).toEqual([]);
    });
  });
});

describe('the trailers of RankStream', () => {
  test.each([
    ['a stream that ends well', () => undefined, '0'],
    ['one that a drain ends', (server: TestServer) => void server.stop(), '14'],
  ])('report the load: %s', async (_, change, code) => {
    const load = { utilization: 0.5, requestsPerSecond: 1, errorsPerSecond: 0 };
    const server = await startTestServer({}, { readLoad: () => load });
    const stream = server.rankStream();
    const ended = new Promise<{ code: number; metadata: Metadata }>((resolve) => {
      stream.on('status', resolve);
    });
    stream.on('error', () => undefined);
    stream.write({ query: 'q', request_id: 'a', candidates: [{ text: 'x' }] });
    await new Promise((resolve) => stream.once('data', resolve));
    change(server);
    if (code === '0') {
      stream.end();
    }
    const { code: found, metadata } = await ended;
    await server.close();
    expect(String(found)).toBe(code);
    expect(metadata.get('endpoint-load-metrics-bin')).toHaveLength(1);
  });
});

describe('the caller that a call names', () => {
  const callerWith = (headers: Readonly<Record<string, string>>) => {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) {
      metadata.set(key, value);
    }
    return callerOf(metadata);
  };
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

  test('client and trace context are read from the metadata', () => {
    expect(callerWith({ 'x-client-id': 'feed', traceparent })).toEqual({
      client: 'feed',
      traceparent,
    });
  });

  test('a malformed trace context counts as absent, a long name is cut', () => {
    const { client, traceparent: read } = callerWith({
      'x-client-id': 'x'.repeat(300),
      traceparent: 'never',
    });
    expect([client.length, read]).toEqual([256, undefined]);
  });

  test('an anonymous caller has the empty name', () => {
    expect(callerWith({})).toEqual({ client: '', traceparent: undefined });
  });
});

test('the time left is infinite without a deadline, and negative after it', () => {
  expect(timeLeft(Infinity)).toBe(Infinity);
  expect(timeLeft(Date.now() - 1000)).toBeLessThanOrEqual(-1000);
  const untilDate = timeLeft(new Date(Date.now() + 60_000));
  expect(untilDate).toBeGreaterThan(0);
  expect(untilDate).toBeLessThanOrEqual(60_000);
});

test('a request id comes from the message, else from the metadata, else it is generated', () => {
  const metadata = new Metadata();
  const generate = () => 'generated';
  expect(chooseRequestId('own', metadata, generate)).toBe('own');
  expect(chooseRequestId('', metadata, generate)).toBe('generated');
  metadata.set('x-request-id', 'header');
  expect(chooseRequestId('x'.repeat(257), metadata, generate)).toBe('header');
});

test('a credential is removed from the metadata, so that it is used once', () => {
  const metadata = new Metadata();
  metadata.set('x-slmrank-credential', 'key 1');
  expect(takeCredential(metadata)).toBe('key 1');
  expect(takeCredential(metadata)).toBeUndefined();
});

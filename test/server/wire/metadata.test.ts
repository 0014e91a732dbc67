import { describe, expect, test } from '@jest/globals';
import type { Metadata, MetadataValue } from '@grpc/grpc-js';
import { serverTiming } from '../../../src/server/wire/metadata.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/test-server.ts';

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
        ...[path, requestSerialize, responseDeserialize, message as never],
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

  test('report the load when it is known, of failed calls too', async () => {
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

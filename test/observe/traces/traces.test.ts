import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { openTraces } from '../../../src/observe/traces/open-traces.ts';
import { createTraces } from '../../../src/observe/traces/traces.ts';
import { batchRun, ended } from '../../support/serving/events.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function inMemory() {
  const exporter = new InMemorySpanExporter();
  const traces = createTraces({
    version: '1.2.3',
    exporter,
    processor: (to) => new SimpleSpanProcessor(to),
  });
  return { exporter, traces };
}

/** [start, end] in milliseconds after the event's start. */
function timesOf({ startTime, endTime }: ReadableSpan): readonly number[] {
  const { startedAtMs } = ended();
  return [startTime, endTime].map(([seconds, nanoseconds]) =>
    Math.round(seconds * 1000 + nanoseconds / 1e6 - startedAtMs),
  );
}

describe('createTraces', () => {
  test('makes one tree of spans per call, in the trace of its caller', () => {
    const { exporter, traces } = inMemory();
    traces.tell(ended({ traceparent }));
    const spans = exporter.getFinishedSpans();
    const root = spans.find(({ name }) => name.endsWith('/Rank'));
    expect(spans.map(({ name }) => name)).toEqual([
      'encode',
      'queue',
      'run',
      'slmrank.v1.RankingService/Rank',
    ]);
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(
      new Set(['4bf92f3577b34da6a3ce929d0e0e4736']),
    );
    expect(root?.parentSpanContext).toMatchObject({ spanId: '00f067aa0ba902b7', isRemote: true });
    const parents = spans.filter((span) => span !== root).map((span) => span.parentSpanContext);
    expect(parents.map((parent) => parent?.spanId)).toEqual(
      Array.from({ length: 3 }, () => root?.spanContext().spanId),
    );
    expect(root?.attributes).toMatchObject({
      'rpc.system': 'grpc',
      'rpc.service': 'slmrank.v1.RankingService',
      'rpc.method': 'Rank',
      'slmrank.request_id': 'r-1',
      'slmrank.outcome': 'scored',
      'slmrank.candidates': 10,
    });
    expect(root?.resource.attributes).toMatchObject({
      'service.name': 'slmrank',
      'service.version': '1.2.3',
    });
  });

  test('stages follow each other within the call', () => {
    const { exporter, traces } = inMemory();
    traces.tell(ended());
    traces.tell(ended({ queueMs: 0, runMs: 500, method: 'RankStream' }));
    const spans = exporter.getFinishedSpans();
    expect(spans.map((span) => [span.name, ...timesOf(span)])).toEqual([
      ['encode', 0, 2],
      ['queue', 2, 32],
      ['run', 32, 92],
      ['slmrank.v1.RankingService/Rank', 0, 100],
      ['encode', 0, 2],
      ['run', 2, 100],
      ['slmrank.v1.RankingService/RankStream', 0, 100],
    ]);
  });

  test("each call without a caller's trace begins a new one", () => {
    const { exporter, traces } = inMemory();
    traces.tell(ended());
    traces.tell(ended({ traceparent: 'nonsense' }));
    const spans = exporter.getFinishedSpans();
    const ids = new Set(spans.map((span) => span.spanContext().traceId));
    expect(ids.size).toBe(2);
    const roots = spans.filter(({ parentSpanContext }) => parentSpanContext === undefined);
    expect(roots).toHaveLength(2);
  });

  test('the decision of a caller not to sample is followed', () => {
    const { exporter, traces } = inMemory();
    traces.tell(ended({ traceparent: traceparent.replace(/01$/, '00') }));
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  test('a fault of the server is an error with its reason; a refusal is not', () => {
    const { exporter, traces } = inMemory();
    const stages = { encodeMs: 0, queueMs: 0, runMs: 0 };
    traces.tell(ended({ ...stages, outcome: 'failed', reason: 'REPLICA_FAILED' }));
    traces.tell(ended({ ...stages, outcome: 'rejected', reason: 'QUEUE_FULL' }));
    traces.tell(batchRun());
    expect(
      exporter
        .getFinishedSpans()
        .map(({ status, attributes }) => [status, attributes['slmrank.reason']]),
    ).toEqual([
      [{ code: 2, message: 'REPLICA_FAILED' }, 'REPLICA_FAILED'],
      [{ code: 0 }, 'QUEUE_FULL'],
    ]);
  });
});

describe('openTraces', () => {
  afterEach(() => {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  });

  test.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' },
  ])('makes none with %p', async (env) => {
    expect(await openTraces(env, '1')).toBeUndefined();
  });

  test('refuses an unsupported protocol', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    };
    await expect(openTraces(env, '1')).rejects.toThrow(
      "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; traces are exported by 'http/protobuf' only",
    );
  });

  test('exports over HTTP to the endpoint when it closes', async () => {
    const requests: { url: string | undefined; body: string }[] = [];
    const collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push({ url: request.url, body: Buffer.concat(chunks).toString('latin1') });
        response.end();
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    // The library reads the endpoint from the process itself.
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
    const traces = await openTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, '1');
    traces?.tell(ended({ requestId: 'find-me' }));
    await traces?.close();
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
    expect(requests.map(({ url }) => url)).toEqual(['/v1/traces']);
    expect(requests[0]?.body).toContain('find-me');
  });
});

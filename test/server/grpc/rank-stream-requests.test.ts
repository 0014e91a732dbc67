import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';
import { setUpPipeline } from '../../support/fakes/pipeline-parts.ts';
import {
  startTestServer,
  testManifest,
  type TestServer,
} from '../../support/serving/test-server.ts';
import { TestStream } from '../../support/serving/test-stream.ts';

/** The limits of single requests of a stream. */
let server: TestServer;
afterEach(() => server.close());

describe('timeout_ms', () => {
  test('ends one request of a stream with an error, and no other', async () => {
    const clock = new FakeClock();
    server = await startTestServer({}, { clock });
    server.pipeline.holds = true;
    const stream = new TestStream(server);
    stream.send('short', { timeout_ms: 400 });
    stream.send('long', { timeout_ms: 800 });
    stream.send('none', { timeout_ms: 0 });
    await server.pipeline.arrived(3);
    const deadlines = server.pipeline.ranked.map(({ call }) => call.deadlineAtMs - clock.nowMs());
    expect(deadlines).toEqual([360, 750, 119_950]);
    await clock.advance(399);
    await stream.answered(1);
    await clock.advance(400);
    await stream.answered(2);
    server.pipeline.ranked[2]?.reply();
    stream.halfClose();
    expect(await stream.ended).toBeUndefined();
    expect(stream.answers).toMatchObject([
      { request_id: 'short', error: { code: status.DEADLINE_EXCEEDED } },
      { request_id: 'long', error: { code: status.DEADLINE_EXCEEDED } },
      { request_id: 'none', outcome: 'response' },
    ]);
    const stopped = server.pipeline.ranked.map(({ call }) => call.signal.aborted);
    expect(stopped).toEqual([true, true, false]);
  });

  test('does not outlast the deadline of the stream', async () => {
    server = await startTestServer();
    server.pipeline.holds = true;
    const stream = new TestStream(server, { deadline: Date.now() + 60_000 });
    stream.send('a', { timeout_ms: 600_000 });
    await server.pipeline.arrived(1);
    const leftMs = (server.pipeline.ranked[0]?.call.deadlineAtMs ?? 0) - systemClock.nowMs();
    expect(leftMs).toBeLessThan(60_000);
    stream.cancel();
    await stream.ended;
  });

  test('with partial_ok gives the candidates that are scored by then', async () => {
    const { clock, pipeline, encode, runner } = setUpPipeline();
    const current = () => ({ manifest: testManifest, pipeline });
    server = await startTestServer({}, { clock, pipeline, current });
    const stream = new TestStream(server);
    stream.send('part', {
      timeout_ms: 400,
      partial_ok: true,
      no_cache: true,
      candidates: ['a', 'b', 'c'].map((text) => ({ text })),
    });
    await server.call('GetInfo', {});
    await encode([60, 20, 60]);
    runner.runs[0]?.finish();
    await settle();
    await clock.advance(399);
    await stream.answered(1);
    stream.halfClose();
    expect(await stream.ended).toBeUndefined();
    expect(stream.answers[0]).toMatchObject({
      request_id: 'part',
      response: { complete: false, usage: { candidates: 3, scored: 2 } },
    });
  });

  test('out of range is a violation of that request only', async () => {
    server = await startTestServer();
    const stream = new TestStream(server);
    stream.send('far', { timeout_ms: 4_000_000_000 });
    stream.send('good', { timeout_ms: 3_600_000 });
    stream.halfClose();
    expect(await stream.ended).toBeUndefined();
    expect(stream.answers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          request_id: 'far',
          error: expect.objectContaining({
            code: status.INVALID_ARGUMENT,
            field_violations: [
              {
                field: 'timeout_ms',
                description: 'is 4000000000; at most 3600000, or 0 for none',
              },
            ],
          }),
        }),
        expect.objectContaining({ request_id: 'good', outcome: 'response' }),
      ]),
    );
  });
});

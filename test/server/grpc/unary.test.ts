import { type ClientUnaryCall, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { FakeClock } from '../../support/fakes/clock.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

const request = { query: 'q', candidates: [{ text: 'x' }] };

let server: TestServer;
afterEach(() => server.close());

function startCall(): { call: ClientUnaryCall; code: Promise<number> } {
  const { path, requestSerialize, responseDeserialize } = methodOf(
    'slmrank.v1.RankingService',
    'Rank',
  );
  let settle: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => {
    settle = resolve;
  });
  const call = server.client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    (error) => settle(error?.code ?? status.OK),
  );
  return { call, code };
}

describe('cancelling', () => {
  test('aborts the signal of the pipeline', async () => {
    server = await startTestServer();
    server.pipeline.holds = true;
    const { call, code } = startCall();
    await server.pipeline.arrived(1);
    const signal = server.pipeline.ranked[0]?.call.signal;
    expect(signal?.aborted).toBe(false);
    call.cancel();
    await once(signal as AbortSignal, 'abort');
    expect(await code).toBe(status.CANCELLED);
    expect(server.logLines.join()).toContain('"status":"CANCELLED"');
  });

  test('has no effect after the answer, although the library reports it then too', async () => {
    server = await startTestServer();
    await server.call('Rank', request);
    await server.call('GetInfo', {});
    expect(server.pipeline.ranked[0]?.call.signal.aborted).toBe(false);
    expect(server.logLines.join()).not.toContain('CANCELLED');
  });

  test('discards a late answer of the pipeline', async () => {
    server = await startTestServer();
    server.pipeline.holds = true;
    const { call, code } = startCall();
    await server.pipeline.arrived(1);
    call.cancel();
    await once(server.pipeline.ranked[0]?.call.signal as AbortSignal, 'abort');
    server.pipeline.ranked[0]?.reply();
    expect(await code).toBe(status.CANCELLED);
    expect(await server.call('GetInfo', {})).toMatchObject({ model: 'tiny' });
    expect(server.logLines.filter((line) => line.includes('"Rank"'))).toHaveLength(1);
  });

  test('a client that hangs up cancels all its calls', async () => {
    server = await startTestServer();
    server.pipeline.holds = true;
    const { path, requestSerialize } = methodOf('slmrank.v1.RankingService', 'Rank');
    const session = connect(`http://${server.address}`);
    const message = requestSerialize(request);
    const head = Buffer.from([0, 0, 0, 0, message.length]);
    for (let calls = 0; calls < 2; calls += 1) {
      session
        .request({
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          te: 'trailers',
        })
        .end(Buffer.concat([head, message]));
    }
    await server.pipeline.arrived(2);
    const aborts = server.pipeline.ranked.map(({ call }) => once(call.signal, 'abort'));
    session.destroy();
    await Promise.all(aborts);
  });
});

describe('deadlines', () => {
  test('the pipeline gets a deadline that leaves time to send the reply', async () => {
    server = await startTestServer();
    const before = Date.now();
    await server.call('Rank', request, { deadline: before + 10_000 });
    const { deadlineAtMs } = server.pipeline.ranked[0]?.call ?? { deadlineAtMs: 0 };
    expect(deadlineAtMs).toBeGreaterThan(before + 8_000);
    // The time left counts from when the server read it, which a busy machine does late.
    expect(deadlineAtMs).toBeLessThan(Date.now() + 10_000 - 40);
  });

  test('a call past its deadline fails, and the signal of the pipeline is aborted', async () => {
    server = await startTestServer();
    server.pipeline.holds = true;
    const failure = server.fail('Rank', request, { deadline: Date.now() + 200 });
    await server.pipeline.arrived(1);
    await once(server.pipeline.ranked[0]?.call.signal as AbortSignal, 'abort');
    expect((await failure).code).toBe(status.DEADLINE_EXCEEDED);
  });

  test.each([
    { timeoutMs: 2_000, leftMs: 1_950 },
    { timeoutMs: 600_000, leftMs: 4_950 },
    { timeoutMs: 0, leftMs: 4_950 },
  ])('a request of timeout_ms $timeoutMs has $leftMs ms of a call of 5000', async (row) => {
    const clock = new FakeClock();
    server = await startTestServer({ 'max-call-ms': '5000' }, { clock });
    server.pipeline.holds = true;
    const call = server.fail('Rank', { ...request, timeout_ms: row.timeoutMs });
    await server.pipeline.arrived(1);
    expect(server.pipeline.ranked[0]?.call.deadlineAtMs).toBe(clock.nowMs() + row.leftMs);
    await clock.advance(row.leftMs + 25);
    expect((await call).code).toBe(status.DEADLINE_EXCEEDED);
    expect(server.pipeline.ranked[0]?.call.signal.aborted).toBe(true);
  });

  test('a call without a deadline gets the longest time that the server allows', async () => {
    const clock = new FakeClock();
    server = await startTestServer({ 'max-call-ms': '5000' }, { clock });
    const { timers } = clock;
    server.pipeline.holds = true;
    const failure = server.fail('Rank', request);
    await server.pipeline.arrived(1);
    expect(server.pipeline.ranked[0]?.call.deadlineAtMs).toBe(clock.nowMs() + 4950);
    await clock.advance(5000);
    expect(await failure).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      message: 'the 5000 ms of SLMRANK_MAX_CALL_MS passed before the answer was ready',
      details: { ErrorInfo: { reason: 'DEADLINE_PASSED' } },
    });
    expect(server.pipeline.ranked[0]?.call.signal.aborted).toBe(true);
    expect(clock.timers).toBe(timers);
  });
});

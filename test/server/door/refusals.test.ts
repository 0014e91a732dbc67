import { EventEmitter } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { Refusals } from '../../../src/server/door/refusals.ts';
import { FakeClock } from '../../support/fakes/clock.ts';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const full = new RankError('overloaded', '2 calls are open', { reason: 'TOO_MANY_CALLS' });

class FakeStream extends EventEmitter {
  closed = false;
  destroyed = false;
  headersSent = false;
  readonly responses: Record<string, unknown>[] = [];
  readonly codes: number[] = [];

  respond(headers: Record<string, unknown>): void {
    this.headersSent = true;
    this.responses.push(headers);
  }

  close(code: number): void {
    this.codes.push(code);
  }

  destroy(): void {
    this.destroyed = true;
  }
}

function setUp() {
  const clock = new FakeClock();
  const refusals = new Refusals({ clock, log, root: parseProtoRoot() });
  const stream = new FakeStream();
  const refuse = (error: unknown) => refusals.refuse(stream as unknown as ServerHttp2Stream, error);
  const has = () => refusals.has(stream as unknown as ServerHttp2Stream);
  return { clock, refusals, stream, refuse, has };
}

test('a stream is refused once, with status and message, and counted by reason', () => {
  const { refusals, stream, refuse, has } = setUp();
  refuse(full);
  refuse(new RankError('invalid-argument', 'another fault'));
  expect(stream.responses).toEqual([
    expect.objectContaining({
      ':status': 200,
      'grpc-status': String(status.RESOURCE_EXHAUSTED),
      'grpc-message': '2%20calls%20are%20open',
    }),
  ]);
  expect(stream.codes).toEqual([constants.NGHTTP2_NO_ERROR]);
  expect([...refusals.counts]).toEqual([['TOO_MANY_CALLS', 1]]);
  expect(has()).toBe(true);
  stream.emit('close');
  expect(has()).toBe(false);
});

test('a stream whose answer has begun is aborted', () => {
  const { stream, refuse } = setUp();
  stream.headersSent = true;
  refuse(full);
  expect(stream.responses).toEqual([]);
  expect(stream.codes).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM]);
});

test('an error that is not ours is not shown to the client', () => {
  const { stream, refuse } = setUp();
  refuse(new Error('secret path'));
  const [response] = stream.responses;
  expect(response?.['grpc-status']).toBe(String(status.INTERNAL));
  expect(JSON.stringify(response)).not.toContain('secret');
});

test('a client that does not read its refusal in five seconds loses its stream', async () => {
  const { clock, refusals, stream, refuse, has } = setUp();
  refuse(full);
  await clock.advance(5_000);
  refusals.sweep();
  expect(stream.destroyed).toBe(false);
  await clock.advance(1);
  refusals.sweep();
  expect(stream.destroyed).toBe(true);
  refusals.sweep();
  expect(has()).toBe(false);
});

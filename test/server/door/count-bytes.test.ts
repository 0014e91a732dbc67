import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { expect, test } from '@jest/globals';
import type { CallKind } from '../../../src/server/door/call-room.ts';
import { ByteCounter } from '../../../src/server/door/count-bytes.ts';

function setUp(bufferedBytes: number, mostMessageBytes = 1_000) {
  const counter = new ByteCounter(bufferedBytes, mostMessageBytes);
  const open = (kind: CallKind, holder = 'client a', headers: IncomingHttpHeaders = {}) => {
    const stream = Object.assign(new EventEmitter(), { closed: false });
    const refusals: string[] = [];
    const origin = { kind, holder, isNamed: true, connection: '::1 1' };
    const bytes = counter.count(
      stream as unknown as ServerHttp2Stream,
      headers,
      origin,
      ({ kind: fault, reason, message }) => refusals.push(`${reason ?? fault}: ${message}`),
    );
    return { stream, bytes, refusals };
  };
  return { counter, open };
}

/** A message of the given bytes, its prefix included. */
function message(bytes: number): Buffer {
  const framed = Buffer.alloc(bytes);
  framed.writeUInt32BE(bytes - 5, 1);
  return framed;
}

test('counts the bytes of a call until it is closed', () => {
  const { counter, open } = setUp(10_000);
  const { stream, bytes, refusals } = open('unary');
  stream.emit('data', message(300));
  expect(counter.heldBytes).toBe(300);
  bytes.close();
  expect([counter.heldBytes, refusals]).toEqual([0, []]);
});

test('refuses a call when all bytes are held, or its client holds its share', () => {
  const { open } = setUp(1_000, 500);
  open('unary').stream.emit('data', message(600));
  const second = open('unary');
  second.stream.emit('data', message(300));
  expect(second.refusals).toEqual([
    expect.stringMatching(
      /^BYTES_IN_FLIGHT: the open requests of this client hold 600 bytes; at most .* of 1000$/,
    ),
  ]);
  const other = open('unary', 'client b');
  other.stream.emit('data', message(401));
  expect(other.refusals).toEqual([
    'BYTES_IN_FLIGHT: the open requests hold all of the 1000 bytes that they may',
  ]);
});

test('bytes of a closed stream do not count', () => {
  const { counter, open } = setUp(10_000);
  const { stream } = open('unary');
  stream.closed = true;
  stream.emit('data', message(300));
  expect(counter.heldBytes).toBe(0);
});

test('a compressed message counts for the size that it may unpack to', () => {
  const { counter, open } = setUp(100_000, 4_000);
  open('unary', 'client a', { 'grpc-encoding': 'gzip' }).stream.emit('data', message(100));
  expect(counter.heldBytes).toBe(4_000);
  open('unary', 'client a', { 'grpc-encoding': 'identity' }).stream.emit('data', message(100));
  expect(counter.heldBytes).toBe(4_100);
});

test('health requests have bytes of their own, of which each gets few', () => {
  const { counter, open } = setUp(100);
  const { stream, refusals } = open('check');
  stream.emit('data', message(2_048));
  expect([counter.heldBytes, refusals]).toEqual([2_048, []]);
  stream.emit('data', Buffer.alloc(1));
  expect(refusals).toEqual([
    'invalid-argument: a health request has more than 2048 bytes, the most that are allowed',
  ]);
});

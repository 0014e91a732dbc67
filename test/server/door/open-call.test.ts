import type { ServerHttp2Stream } from 'node:http2';
import { describe, expect, test } from '@jest/globals';
import { ByteLedger, CallBytes } from '../../../src/server/door/call-bytes.ts';
import { OpenCall } from '../../../src/server/door/open-call.ts';

function setUp() {
  const ledger = new ByteLedger(1_000_000);
  const bytes = new CallBytes({ ledger, isCompressed: false, mostMessageBytes: 1_000 });
  let isPaused = false;
  const stream = {
    readableEnded: false,
    writableFinished: false,
    writableLength: 0,
    writableNeedDrain: false,
    isPaused: () => isPaused,
  };
  const origin = { kind: 'unary', holder: 'client a', isNamed: true, connection: '::1 1' } as const;
  const call = new OpenCall(stream as unknown as ServerHttp2Stream, bytes, origin, 0);
  const pause = (paused: boolean) => {
    isPaused = paused;
  };
  return { ledger, bytes, stream, call, pause };
}

describe('a call stalls', () => {
  test('in receiving when its request does not arrive in time', () => {
    const { call } = setUp();
    expect(call.findStall(100, 100)).toBeUndefined();
    expect(call.findStall(101, 100)).toBe('receiving');
  });

  test('not while the server has paused its stream, and later only after a whole limit', () => {
    const { call, pause } = setUp();
    pause(true);
    expect(call.findStall(1_000, 100)).toBeUndefined();
    pause(false);
    expect(call.findStall(1_100, 100)).toBeUndefined();
    expect(call.findStall(1_101, 100)).toBe('receiving');
  });

  test('not between the messages of a stream, only within one', () => {
    const { call, bytes } = setUp();
    call.hasManyMessages = true;
    expect(call.findStall(1_000, 100)).toBeUndefined();
    bytes.add(Buffer.from([0, 0, 0, 0, 9, 1]));
    expect(call.findStall(1_101, 100)).toBe('receiving');
  });

  test('in sending when its client reads nothing of an answer', () => {
    const { call, stream } = setUp();
    stream.readableEnded = true;
    stream.writableLength = 500;
    expect(call.findStall(1_000, 100)).toBeUndefined();
    expect(call.findStall(1_100, 100)).toBeUndefined();
    stream.writableLength = 400;
    expect(call.findStall(1_150, 100)).toBeUndefined();
    expect(call.findStall(1_251, 100)).toBe('sending');
  });
});

test('a call is over when only its client keeps it open for a second', () => {
  const { call, stream } = setUp();
  expect(call.isOver(5_000)).toBe(false);
  stream.writableFinished = true;
  expect([call.isOver(5_000), call.isOver(5_999), call.isOver(6_000)]).toEqual([
    false,
    false,
    true,
  ]);
  stream.readableEnded = true;
  expect(call.isOver(9_000)).toBe(false);
});

test('an answer counts while its client has not read it', () => {
  const { ledger, call, stream } = setUp();
  stream.writableLength = 700;
  call.countUnsent();
  expect(ledger.held).toBe(0);
  stream.writableNeedDrain = true;
  call.countUnsent();
  expect(ledger.held).toBe(700);
});

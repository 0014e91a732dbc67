import { expect, test } from '@jest/globals';
import { callKinds } from '../../../bench/hostile/grpc/call-kinds.ts';
import { createDraw } from '../../../bench/hostile/core/draw.ts';
import { limits } from '../../../bench/hostile/core/limits.ts';
import { messageKinds } from '../../../bench/hostile/grpc/message-kinds.ts';
import { Tally, trendOf } from '../../../bench/hostile/core/tally.ts';
import { frame, mutate, rankMessage, varint } from '../../../bench/hostile/grpc/wire-bytes.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';

const decode = parseProtoRoot().service.Rank.requestDeserialize;

test('equal seeds give equal messages, and different seeds give different ones', () => {
  const kinds = [...messageKinds, ...callKinds];
  const drawn = (seed: number) =>
    JSON.stringify(kinds.map(({ makeCall }) => makeCall(createDraw(seed))));
  expect(drawn(7)).toBe(drawn(7));
  expect(drawn(7)).not.toBe(drawn(8));
});

test('a valid message can be decoded, and its mutations differ from it', () => {
  const message = rankMessage('q', ['x', 'y'], 'id');
  expect(decode(message)).toMatchObject({
    query: 'q',
    candidates: [{ text: 'x' }, { text: 'y' }],
    requestId: 'id',
    noCache: true,
  });
  const same = Array.from({ length: 200 }, (_, seed) => mutate(message, createDraw(seed))).filter(
    (bytes) => bytes.equals(message),
  );
  expect(same.length).toBeLessThan(20);
});

test('varints and frames have the bytes that protobuf and gRPC prescribe', () => {
  expect([0, 127, 128, 300, 2n ** 64n - 1n].map((value) => varint(value).toString('hex'))).toEqual([
    '00',
    '7f',
    '8001',
    'ac02',
    'ffffffffffffffffff01',
  ]);
  expect(frame(Buffer.from('ab'), 1).toString('hex')).toBe('01000000026162');
});

test('messages past the byte limits have exactly the intended sizes', () => {
  const kind = messageKinds.find(({ name }) => name === 'one past the limits');
  const sizes = Array.from({ length: 50 }, (_, seed) => {
    const [framed = Buffer.alloc(0)] = kind?.makeCall(createDraw(seed)).chunks ?? [];
    return framed.length - 5;
  });
  expect(sizes).toContain(limits.requestBytes + 1);
  expect(sizes).toContain(limits.requestBytes * 2);
});

test('an ending that its kind does not allow is a breach, kept with its seed', () => {
  const tally = new Tally();
  tally.note({ kind: 'a', seed: 1, ending: 'OK' }, ['OK']);
  tally.note({ kind: 'a', seed: 2, ending: 'HANG' }, ['OK']);
  expect(tally.breachCount).toBe(1);
  expect(tally.breaches).toEqual([{ kind: 'a', seed: 2, ending: 'HANG' }]);
  expect(tally.kinds()).toEqual([{ kind: 'a', sent: 2, endings: { OK: 1, HANG: 1 } }]);
});

test('the memory trend is taken from the second half of the run', () => {
  const at = (messages: number, mb: number) => ({ messages, mb });
  const warmUp = Array.from({ length: 10 }, (_, i) => at(i * 100, 100 + i * 10));
  const flat = Array.from({ length: 10 }, (_, i) => at(1000 + i * 100, 200));
  expect(trendOf([...warmUp, ...flat])).toMatchObject({ startMb: 100, peakMb: 200, growth: 0 });
  const leak = Array.from({ length: 10 }, (_, i) => at(1000 + i * 100, 200 + i));
  expect(trendOf([...warmUp, ...leak])?.slopeMbPer10k).toBeCloseTo(100, 6);
  expect(trendOf(flat.slice(0, 5))).toBeUndefined();
});

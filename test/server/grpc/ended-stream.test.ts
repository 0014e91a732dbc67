import { once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { type ServiceError, status } from '@grpc/grpc-js';
import { EventEmitter } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import { RankError } from '../../../src/base/errors.ts';
import { Lifecycle } from '../../../src/desk/lifecycle.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { EndedStream } from '../../../src/server/grpc/ended-stream.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { openItems } from '../../support/items/test-items.ts';

class FakeCall extends EventEmitter {
  readonly metadata = new Metadata();
}

function open() {
  const call = new FakeCall();
  const lifecycle = new Lifecycle();
  const statuses: unknown[] = [];
  call.on('error', (failed: { code: number }) => statuses.push(failed.code));
  let revoke: (error: RankError) => void = () => undefined;
  const unfollow = jest.fn();
  const onDraining = jest.fn();
  const onEnd = jest.fn();
  const note = () => undefined;
  const stream = new EndedStream(
    call,
    {
      access: {
        follow: (_credential, end) => {
          revoke = end;
          return unfollow;
        },
      },
      root: parseProtoRoot(),
      lifecycle,
      clock: new FakeClock(),
      log: { debug: note, info: note, warn: note, error: note },
      maxCallMs: 1000,
      describeEnd: () => '',
    },
    { onDraining, onEnd },
  );
  return { call, lifecycle, stream, statuses, onDraining, onEnd, unfollow, revoke: () => revoke };
}

test('a revoked credential and the end of a drain end it once, with a status', () => {
  const { lifecycle, statuses, revoke, stream } = open();
  revoke()(new RankError('unauthenticated', 'the key was revoked'));
  lifecycle.endAll(new RankError('unavailable', 'over'));
  expect(statuses).toEqual([status.UNAUTHENTICATED]);
  expect(stream.isEnded).toBe(true);
});

test('it counts as open until the library says that it is over', () => {
  const { call, lifecycle, onDraining, onEnd, unfollow, stream } = open();
  expect(lifecycle.openCalls).toBe(1);
  lifecycle.beginDraining();
  expect(onDraining).toHaveBeenCalledTimes(1);
  stream.finish();
  stream.fail(new Error('late'));
  call.emit('cancelled');
  expect(lifecycle.openCalls).toBe(0);
  expect(onEnd).toHaveBeenCalledTimes(1);
  expect(unfollow).toHaveBeenCalledTimes(1);
});

test('a watch ends when the server drains', async () => {
  const items = await openItems();
  const stream = items.watch({});
  await once(stream, 'data');
  stream.resume();
  void items.server.stop();
  const [error] = (await once(stream, 'error')) as [ServiceError];
  expect(error).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'the server is draining; watch another server',
  });
  await items.close();
});

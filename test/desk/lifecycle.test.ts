import { expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import { Lifecycle } from '../../src/desk/lifecycle.ts';

function reasonOf(lifecycle: Lifecycle): string | undefined {
  try {
    lifecycle.assertServing();
    return undefined;
  } catch (error) {
    return RankError.from(error).reason;
  }
}

test('calls are refused before serving and while draining, but not by a lame duck', () => {
  const lifecycle = new Lifecycle();
  expect(reasonOf(lifecycle)).toBe('STARTING');
  expect(lifecycle.beginServing()).toBe(true);
  expect(reasonOf(lifecycle)).toBeUndefined();
  expect(lifecycle.beginLameDuck()).toBe(true);
  expect(reasonOf(lifecycle)).toBeUndefined();
  lifecycle.beginDraining();
  expect(reasonOf(lifecycle)).toBe('DRAINING');
});

test('a server that stops before it is warm never serves', () => {
  const lifecycle = new Lifecycle();
  expect(lifecycle.beginLameDuck()).toBe(false);
  lifecycle.beginDraining();
  expect(lifecycle.beginServing()).toBe(false);
  expect(reasonOf(lifecycle)).toBe('DRAINING');
});

test('open calls are told of draining and of the end, and `idle` waits until all are closed', async () => {
  const lifecycle = new Lifecycle();
  const heard: string[] = [];
  const close = lifecycle.open({
    end: ({ message }) => heard.push(message),
    onDraining: () => heard.push('draining'),
  });
  const closeOther = lifecycle.open({ end: () => undefined });
  lifecycle.beginDraining();
  lifecycle.endAll(new RankError('unavailable', 'cut off'));
  expect(heard).toEqual(['draining', 'cut off']);
  let isIdle = false;
  const idle = lifecycle.idle().then(() => {
    isIdle = true;
  });
  close();
  await Promise.resolve();
  expect([lifecycle.openCalls, isIdle]).toEqual([1, false]);
  closeOther();
  await idle;
  expect(lifecycle.openCalls).toBe(0);
});

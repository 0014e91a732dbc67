import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { type ServiceError, status } from '@grpc/grpc-js';
import { openItems, type TestItems } from '../../../support/items/test-items.ts';
import { decodeFailure, type Json } from '../../../support/serving/test-server.ts';
import { firstWord } from '../../../support/items/makers.ts';

let items: TestItems;
afterEach(() => items.close());

async function firstOf(stream: ReturnType<TestItems['watch']>): Promise<Json> {
  const [state] = (await once(stream, 'data')) as [Json];
  return state;
}

test('the state comes at once and in each interval', async () => {
  items = await openItems({ compressor: firstWord('search') });
  const stream = items.watch({ interval_ms: 100 });
  expect(await firstOf(stream)).toMatchObject({ items: '0', stale: '0', lag_seconds: 0 });
  const next = once(stream, 'data');
  await items.put([{ id: 'a', version: 1, text: 'words of a' }]);
  await items.clock.advance(7000);
  await items.keeper.lookUp(['a', 'nobody']);
  await next;
  let [state] = (await once(stream, 'data')) as [Json];
  while (state['items'] === '0' || state['lag_seconds'] === 0) {
    [state] = (await once(stream, 'data')) as [Json];
  }
  expect(state).toMatchObject({
    items: '1',
    stale: '1',
    parked: '0',
    lag_seconds: 7,
    max_bytes: '1000000000',
    compressed: [{ method: 'fallback', items: '1' }],
    failed: '0',
    missed: '1',
  });
  expect(Number(state['bytes'])).toBeGreaterThan(4096);
  stream.on('error', () => undefined);
  stream.cancel();
});

test('an interval that is not allowed is refused', async () => {
  items = await openItems();
  const stream = items.watch({ interval_ms: 99 });
  stream.resume();
  const [error] = (await once(stream, 'error')) as [ServiceError];
  expect(decodeFailure(error)).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: {
      BadRequest: {
        field_violations: [
          {
            field: 'interval_ms',
            description: 'is 99; allowed 100 to 3600000, or 0 for 1000',
          },
        ],
      },
    },
  });
});

test('without an item store it is refused', async () => {
  items = await openItems({ off: true });
  const stream = items.watch({});
  stream.resume();
  const [error] = (await once(stream, 'error')) as [ServiceError];
  expect(decodeFailure(error).details).toMatchObject({ ErrorInfo: { reason: 'ITEMS_OFF' } });
});

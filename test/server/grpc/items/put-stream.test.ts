import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { type ServiceError, status } from '@grpc/grpc-js';
import { settle } from '../../../support/fakes/clock.ts';
import { openItems, type TestItems } from '../../../support/items/test-items.ts';
import { type Json, methodOf } from '../../../support/serving/test-server.ts';

let items: TestItems;
afterEach(() => items.close());

const source = (id: string, version = 1, text = `words of ${id}`) => ({ id, version, text });

/** One PutItems call, and what has come back of it. */
function openPut(sent: readonly (readonly Json[])[] = []) {
  const stream = items.putStream();
  const replies: Json[] = [];
  const waiting: (() => void)[] = [];
  stream.on('data', (reply: Json) => {
    replies.push(reply);
    waiting.splice(0).forEach((go) => go());
  });
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    stream.on('error', resolve);
    stream.on('end', () => resolve(undefined));
  });
  sent.forEach((each) => stream.write({ items: each }));
  const answered = async (count: number) => {
    while (replies.length < count) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { stream, replies, ended, answered };
}

test('each message is acknowledged with its sequence once it is durable', async () => {
  items = await openItems();
  const { stream, replies, ended } = openPut([[source('a'), source('b')], [source('c')]]);
  stream.end();
  expect(await ended).toBeUndefined();
  expect(replies.map(({ sequence, put }) => [sequence, (put as Json)['stored']])).toEqual([
    ['0', 2],
    ['1', 1],
  ]);
  expect(await items.keeper.store.stats()).toMatchObject({ items: 3 });
});

test('a faulty item leaves the others of its message stored, and each fault is named', async () => {
  items = await openItems({ settings: { 'text-bytes': '20' } });
  await items.put([source('old', 2)]);
  const [reply] = await items.put([
    source(''),
    source('fine'),
    source('x'.repeat(257), 1, 'fine'),
    source('zero', 0),
    { id: 'blank', version: 1, text: ' \u200b' },
    source('long', 1, 'x'.repeat(21)),
    source('old', 2, 'other'),
    source('old', 1),
    source('old', 2),
  ]);
  const { faults, ...counts } = reply?.['put'] as { faults: Json[] };
  expect(counts).toMatchObject({ stored: 1, unchanged: 1, older: 1 });
  expect(faults.map(({ index, field, description }) => [index, field, description])).toEqual([
    [0, 'items[0].id', 'is empty'],
    [2, 'items[2].id', 'has 257 bytes of UTF-8; at most 256'],
    [3, 'items[3].version', 'is 0; at least 1'],
    [
      4,
      'items[4].text',
      'has nothing to read: only white space or invisible characters, and there is no title',
    ],
    [5, 'items[5].text', 'has 21 bytes of UTF-8; at most 20'],
    [6, 'items[6].version', 'version 2 is stored with other texts; a change needs a higher one'],
  ]);
  expect(faults[1]).toMatchObject({ id: 'x'.repeat(256) });
});

test('a message that cannot be taken is answered by its error, and the stream goes on', async () => {
  items = await openItems();
  const many = Array.from({ length: 1001 }, (_, i) => source(`k${i}`));
  const { stream, replies, ended } = openPut([[], many, [source('a')]]);
  stream.end();
  expect(await ended).toBeUndefined();
  const bySequence = [...replies].sort(
    (one, other) => Number(one['sequence']) - Number(other['sequence']),
  );
  expect(bySequence).toMatchObject([
    {
      error: {
        code: status.INVALID_ARGUMENT,
        reason: 'INVALID_REQUEST',
        field_violations: [{ field: 'items', description: 'has 0 entries; allowed 1 to 1000' }],
      },
    },
    {
      error: {
        field_violations: [{ field: 'items', description: 'has 1001 entries; allowed 1 to 1000' }],
      },
    },
    { put: { stored: 1 } },
  ]);
});

test.each([
  ['a text that is not UTF-8', '0a090a016110012202ffff', 'items[0].text', 'is not valid UTF-8'],
  [
    'a version that is no number',
    '0a050a01611200',
    '',
    'not a valid protobuf message: its fields cannot be told apart',
  ],
])('%s refuses its message', async (_what, bytes, field, description) => {
  items = await openItems();
  const { responseDeserialize } = methodOf('slmrank.v1.ItemService', 'PutItems');
  const stream = items.server.client.makeBidiStreamRequest(
    '/slmrank.v1.ItemService/PutItems',
    (message: Buffer) => message,
    responseDeserialize,
  );
  stream.write(Buffer.from(bytes, 'hex'));
  stream.end();
  const [reply] = (await once(stream, 'data')) as [Json];
  expect(reply).toMatchObject({
    error: { code: status.INVALID_ARGUMENT, field_violations: [{ field, description }] },
  });
  await once(stream, 'end');
});

test('a draining server acknowledges what it has read, and then ends the stream', async () => {
  items = await openItems();
  const { stream, ended, answered, replies } = openPut([[source('a')]]);
  await answered(1);
  void items.server.stop();
  expect(await ended).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'the server is draining; send what is not acknowledged again',
  });
  expect(replies).toHaveLength(1);
  stream.cancel();
});

test('a client that leaves ends its stream, and what it has sent is stored or not', async () => {
  items = await openItems();
  const { stream, ended, answered } = openPut([[source('a')]]);
  await answered(1);
  stream.write({ items: [source('b')] });
  stream.cancel();
  expect(await ended).toMatchObject({ code: status.CANCELLED });
  await settle();
  expect(await items.call('GetItem', { id: 'a' })).toMatchObject({ source: { id: 'a' } });
});

import { connect as connectHttp2 } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { createDeferred } from '../../src/deferred.ts';
import type { RankingPipeline } from '../../src/rank.ts';
import { orWritten, writeTokens } from '../../src/server/wire-tokens.ts';
import { call, frame, until } from '../support/raw-call.ts';
import { methodOf, startTestServer, type TestServer } from '../support/test-server.ts';

const tokenizePath = '/slmrank.v1.RankingService/Tokenize';
const { requestSerialize, responseDeserialize } = methodOf('slmrank.v1.RankingService', 'Tokenize');
const never = new AbortController().signal;

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test.each([
  ['none', []],
  ['empty texts', [[], []]],
  ['few', [[1, 2, 3], [], [127, 128, 16_383, 16_384]]],
  ['large', [[2_097_151, 2_097_152, 268_435_455, 268_435_456, 2_147_483_647]]],
  ['more than one turn', [Array.from({ length: 100_000 }, (_, i) => i * 3), [5]]],
  ['many texts', Array.from({ length: 50_000 }, (_, i) => [i, 1])],
])('ids are written as a protobuf client reads them: %s', async (_name, ids) => {
  const { bytes } = await writeTokens(
    ids.map((text) => Int32Array.from(text)),
    'ab'.repeat(32),
    never,
  );
  expect(responseDeserialize(bytes)).toEqual({
    ...(ids.length === 0
      ? {}
      : {
          texts: ids.map((text) =>
            text.length === 0 ? { tokens: 0 } : { tokens: text.length, ids: text },
          ),
        }),
    tokenizer_hash: 'ab'.repeat(32),
  });
});

test('others have their turns while many ids are written, and no more are once the caller has gone', async () => {
  const caller = new AbortController();
  const written = writeTokens([new Int32Array(1_000_000)], 'h', caller.signal);
  setImmediate(() => caller.abort());
  await expect(written).rejects.toMatchObject({ kind: 'cancelled' });
});

test('a reply that is not written yet is serialized', async () => {
  const serialize = orWritten((text: string) => Buffer.from(text));
  expect(serialize('a')).toEqual(Buffer.from('a'));
  const reply = await writeTokens([], '', never);
  expect(serialize(reply)).toBe(reply.bytes);
});

test('a client gets counts, and ids when it asks for them', async () => {
  server = await startTestServer();
  expect(await server.call('Tokenize', { texts: ['ab'] })).toMatchObject({
    texts: [{ tokens: 2 }],
  });
  expect(await server.call('Tokenize', { texts: ['ab'], return_ids: true })).toMatchObject({
    texts: [{ tokens: 2, ids: [97, 98] }],
  });
});

test('a compressed request is held for what it unpacks to, until it is answered or left', async () => {
  server = await startTestServer();
  const { pipeline, door } = server;
  const reply = createDeferred<readonly Int32Array[]>();
  let signal: AbortSignal | undefined;
  const tokenize: RankingPipeline['tokenize'] = (_texts, asked) => {
    signal = asked?.signal;
    return reply.promise;
  };
  Object.assign(pipeline, { tokenize });
  const message = requestSerialize({ texts: ['x'.repeat(100_000)] });
  const session = connectHttp2(`http://${server.address}`);
  session.on('error', () => undefined);
  const { stream, ended } = call(session, {
    path: tokenizePath,
    headers: { 'grpc-encoding': 'gzip' },
  });
  stream.end(frame(gzipSync(message), 1));
  await until(() => signal !== undefined);
  expect(door.heldBytes).toBe(message.length);
  stream.close();
  await ended;
  await until(() => door.heldBytes === 0 && signal?.aborted === true);
  session.destroy();
  reply.resolve([]);
});

test("bytes that are no message are the caller's fault to GetInfo", async () => {
  server = await startTestServer();
  const session = connectHttp2(`http://${server.address}`);
  const { stream, ended } = call(session, { path: '/slmrank.v1.RankingService/GetInfo' });
  stream.end(frame(Buffer.from([0x0a])));
  expect(await ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  session.destroy();
});

import { status } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { connect as connectHttp2 } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { createDeferred } from '../../../src/base/deferred.ts';
import type { RankingPipeline } from '../../../src/domain/rank.ts';
import { orWritten, writeTokens } from '../../../src/server/wire/tokens.ts';
import { call, frame, until } from '../../support/raw-grpc/call.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

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
    { signal: never, mostBytes: Infinity },
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

test('other work gets turns while many ids are written, and writing ends when the client cancels', async () => {
  const caller = new AbortController();
  const written = writeTokens([new Int32Array(1_000_000)], 'h', {
    signal: caller.signal,
    mostBytes: Infinity,
  });
  setImmediate(() => caller.abort());
  await expect(written).rejects.toMatchObject({ kind: 'cancelled' });
});

test('a reply that is larger than the client accepts is refused before it is written', async () => {
  const ids = [Int32Array.of(1, 2, 300)];
  const { bytes } = await writeTokens(ids, 'h', { signal: never, mostBytes: Infinity });
  const allowing = (mostBytes: number) => writeTokens(ids, 'h', { signal: never, mostBytes });
  await expect(allowing(bytes.length)).resolves.toEqual({ bytes });
  await expect(allowing(bytes.length - 1)).rejects.toMatchObject({
    kind: 'invalid-argument',
    violations: [
      {
        field: 'return_ids',
        description: `makes the reply ${bytes.length} bytes long; the client takes ${bytes.length - 1}. Send fewer texts at once, or raise max_reply_bytes and the client's own limit`,
      },
    ],
  });
});

test('Tokenize obeys max_reply_bytes', async () => {
  server = await startTestServer();
  const asked = { texts: ['abc'.repeat(100)], return_ids: true };
  const failure = await server.fail('Tokenize', { ...asked, max_reply_bytes: 300 });
  expect(failure).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: expect.stringMatching(/^return_ids makes the reply 3\d\d bytes/) as unknown as string,
  });
  await expect(server.call('Tokenize', { ...asked, max_reply_bytes: 400 })).resolves.toBeDefined();
});

test('a reply that is not written yet is serialized', async () => {
  const serialize = orWritten((text: string) => Buffer.from(text));
  expect(serialize('a')).toEqual(Buffer.from('a'));
  const reply = await writeTokens([], '', { signal: never, mostBytes: 2 });
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

test('a compressed request counts for its unpacked size until it is answered or cancelled', async () => {
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

import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, type MethodDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RankError } from '../../../../src/base/errors.ts';
import {
  type Failure,
  failureOf,
  type Json,
  startTestServer,
  type TestServer,
  unary,
} from '../../../support/serving/test-server.ts';

const includeDirs = [fileURLToPath(new URL('../../../../proto/', import.meta.url))];
/** As a stranger loads it: names as written. */
const { 'inference.GRPCInferenceService': methods } = loadSync('inference/grpc_service.proto', {
  keepCase: true,
  longs: Number,
  enums: String,
  includeDirs,
}) as unknown as Readonly<Record<string, Readonly<Record<string, MethodDefinition<Json, Json>>>>>;

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer({ candidates: '20' });
  client = new Client(server.address, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server.close();
});

function call(name: string, request: Json): Promise<Json> {
  const method = methods?.[name];
  if (method === undefined) {
    throw new Error(`no method ${name}`);
  }
  return unary(client, method, request, { metadata: new Metadata(), options: {} });
}

const fail = (request: Json): Promise<Failure> => failureOf(call('ModelInfer', request));

const texts = (name: string, values: readonly string[], changes: Json = {}) => ({
  name,
  datatype: 'BYTES',
  shape: [values.length, 1],
  contents: { bytes_contents: values.map((each) => Buffer.from(each)) },
  ...changes,
});

function raw(values: readonly string[]): Buffer {
  return Buffer.concat(
    values.flatMap((each) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(each));
      return [length, Buffer.from(each)];
    }),
  );
}

/** The fake pipeline scores a text by its length. */
const passages = ['Cooks.', 'Greets visitors all day.', 'Greets visitors.'];
const asked = { model_name: 'tiny', inputs: [texts('QUERY', ['q']), texts('PASSAGE', passages)] };

function floats(bytes: unknown): number[] {
  const buffer = bytes as Buffer;
  return Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readFloatLE(4 * i));
}

test('says what it is, as clients ask before they infer', async () => {
  expect(await call('ServerLive', {})).toEqual({ live: true });
  expect(await call('ServerReady', {})).toEqual({ ready: true });
  expect(await call('ModelReady', { name: 'tiny' })).toEqual({ ready: true });
  expect(await call('ModelReady', { name: 'other' })).toEqual({ ready: false });
  expect(await call('ServerMetadata', {})).toMatchObject({ extensions: ['model_configuration'] });
  expect(await call('ModelMetadata', { name: 'tiny' })).toMatchObject({
    name: 'tiny',
    inputs: [
      { name: 'QUERY', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'PASSAGE', datatype: 'BYTES' },
    ],
    outputs: [{ name: 'SCORE', datatype: 'FP32' }, { name: 'LOGIT' }, { name: 'TOKENS' }],
  });
  expect(await call('ModelConfig', { name: 'tiny' })).toMatchObject({
    config: {
      max_batch_size: 20,
      input: [{ name: 'QUERY', data_type: 'TYPE_STRING', dims: [1] }, {}],
    },
  });
  expect(await failureOf(call('ModelConfig', { name: 'other' }))).toMatchObject({
    code: status.NOT_FOUND,
    message: "model 'other' is not served here; 'tiny' is",
  });
});

describe('ModelInfer', () => {
  test('scores one query with all passages, in the order given', async () => {
    const reply = await call('ModelInfer', { ...asked, id: 'mine' });
    expect(reply).toMatchObject({
      model_name: 'tiny',
      id: 'mine',
      outputs: [
        { name: 'SCORE', datatype: 'FP32', shape: [3, 1] },
        { name: 'LOGIT', shape: [3, 1] },
        { name: 'TOKENS', datatype: 'INT32', shape: [3, 1] },
      ],
    });
    expect(floats((reply['raw_output_contents'] as Buffer[])[0])).toEqual([6, 24, 16]);
  });

  test('reads raw contents, and gives only the outputs asked for', async () => {
    const inputs = [texts('QUERY', ['a', 'a', 'b']), texts('PASSAGE', passages)];
    const before = server.pipeline.ranked.length;
    const reply = await call('ModelInfer', {
      model_name: 'tiny',
      inputs: inputs.map((input) => ({ ...input, contents: undefined })),
      raw_input_contents: [raw(['a', 'a', 'b']), raw(passages)],
      outputs: [{ name: 'SCORE' }],
    });
    expect(reply).toMatchObject({ outputs: [{ name: 'SCORE' }] });
    expect((reply['raw_output_contents'] as Buffer[]).map(floats)).toEqual([[6, 24, 16]]);
    const runs = server.pipeline.ranked.slice(before).map(({ request }) => request);
    expect(runs.map(({ query, candidates }) => [query, candidates.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test.each([
    ['a missing input', { inputs: [texts('QUERY', ['q'])] }, "inputs have no 'PASSAGE'"],
    [
      'another type',
      { inputs: [texts('QUERY', ['q'], { datatype: 'FP32' }), texts('PASSAGE', passages)] },
      "inputs[0] 'QUERY' has the datatype 'FP32'; BYTES is needed",
    ],
    [
      'another shape',
      { inputs: [texts('QUERY', ['q'], { shape: [1, 2] }), texts('PASSAGE', passages)] },
      "inputs[0] 'QUERY' has the shape [1,2]; [B] or [B, 1] is needed",
    ],
    [
      'fewer texts than the shape says',
      { inputs: [texts('QUERY', ['q']), texts('PASSAGE', passages, { shape: [4] })] },
      "inputs[1] 'PASSAGE' has 3 texts; its shape [4] has 4",
    ],
    [
      'raw contents that are cut',
      { ...asked, raw_input_contents: [raw(['q']), raw(passages).subarray(1)] },
      "inputs[1] 'PASSAGE' has raw contents that are not 3 texts behind their lengths",
    ],
    [
      'an unknown output',
      { ...asked, outputs: [{ name: 'RANK' }] },
      "outputs[0] is 'RANK', which is no output; allowed: SCORE, LOGIT, TOKENS",
    ],
    [
      'two queries for three passages',
      { inputs: [texts('QUERY', ['a', 'b']), texts('PASSAGE', passages)] },
      "inputs 'QUERY' has 2 texts and 'PASSAGE' has 3; one query is needed, or as many as passages",
    ],
  ])('refuses %s', async (_case, request, message) => {
    const failed = await fail({ model_name: 'tiny', ...request });
    expect(failed.code).toBe(status.INVALID_ARGUMENT);
    expect(failed.message).toContain(message);
  });

  test('a full queue is UNAVAILABLE, as Triton has it', async () => {
    server.pipeline.holds = true;
    const before = server.pipeline.ranked.length;
    const failed = fail(asked);
    await server.pipeline.arrived(before + 1);
    server.pipeline.ranked.at(-1)?.fail(new RankError('overloaded', 'the queue is full'));
    server.pipeline.holds = false;
    expect(await failed).toMatchObject({ code: status.UNAVAILABLE });
  });

  test('a message of very many fields is refused before it is decoded', async () => {
    const many = Array.from({ length: 2000 }, () => '');
    expect(await fail({ ...asked, inputs: [texts('QUERY', many)] })).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: 'has more than 1080 fields, or a shape that is too long',
    });
    const shape = Array.from({ length: 100 }, () => 1);
    expect(await fail({ ...asked, inputs: [texts('QUERY', ['q'], { shape })] })).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: 'has more than 1080 fields, or a shape that is too long',
    });
  });
});

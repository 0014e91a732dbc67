import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RankError } from '../../../../src/base/errors.ts';
import {
  inferRequest,
  passages,
  rawTexts,
  startTestKserve,
  type TestKserve,
  textInput,
} from '../../../support/serving/test-kserve.ts';
import { testManifest } from '../../../support/serving/test-server.ts';

let kserve: TestKserve;
beforeAll(async () => {
  kserve = await startTestKserve();
});
afterAll(() => kserve.close());

function floats(bytes: unknown): number[] {
  const buffer = bytes as Buffer;
  return Array.from({ length: buffer.length / 4 }, (_, i) => buffer.readFloatLE(4 * i));
}

describe('ModelInfer', () => {
  test('scores one query with all passages, in the order given', async () => {
    const reply = await kserve.call('ModelInfer', { ...inferRequest, id: 'mine' });
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

  test('reads raw contents, and gives only the outputs inferRequest for', async () => {
    const inputs = [textInput('QUERY', ['a', 'a', 'b']), textInput('PASSAGE', passages)];
    const before = kserve.server.pipeline.ranked.length;
    const reply = await kserve.call('ModelInfer', {
      model_name: 'tiny',
      inputs: inputs.map((input) => ({ ...input, contents: undefined })),
      raw_input_contents: [rawTexts(['a', 'a', 'b']), rawTexts(passages)],
      outputs: [{ name: 'SCORE' }],
    });
    expect(reply).toMatchObject({ outputs: [{ name: 'SCORE' }] });
    expect((reply['raw_output_contents'] as Buffer[]).map(floats)).toEqual([[6, 24, 16]]);
    const runs = kserve.server.pipeline.ranked.slice(before).map(({ request }) => request);
    expect(runs.map(({ query, candidates }) => [query, candidates.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  test('names the model that scored, and is pinned by a parameter', async () => {
    const { fingerprint } = testManifest;
    const pinned = (value: string) => ({
      ...inferRequest,
      parameters: { score_fingerprint: { string_param: value } },
    });
    expect(await kserve.call('ModelInfer', pinned(fingerprint))).toMatchObject({
      parameters: { score_fingerprint: { string_param: fingerprint } },
    });
    expect(await kserve.fail(pinned('ab'.repeat(32)))).toMatchObject({
      code: status.UNAVAILABLE,
      details: { ErrorInfo: { reason: 'WRONG_FINGERPRINT' } },
    });
  });

  test.each([
    [{ int64_param: '5' }, 'parameters.score_fingerprint is 5, no text; a string_param'],
    [{ bool_param: false }, 'parameters.score_fingerprint is false, no text; a string_param'],
    [{}, 'parameters.score_fingerprint has no value; a string_param'],
    [{ string_param: 'efef' }, "score_fingerprint is 'efef' (4 characters); 64 hexadecimal"],
  ])('refuses %j as a pin', async (value, message) => {
    const pinned = { ...inferRequest, parameters: { score_fingerprint: value } };
    expect(await kserve.fail(pinned)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: expect.stringContaining(message),
    });
  });

  test('begins with all queries at once, so that one model ranks them', async () => {
    kserve.server.pipeline.holds = true;
    const before = kserve.server.pipeline.ranked.length;
    const inputs = [textInput('QUERY', ['a', 'b', 'c']), textInput('PASSAGE', passages)];
    const reply = kserve.call('ModelInfer', { ...inferRequest, inputs });
    await kserve.server.pipeline.arrived(before + 3);
    kserve.server.pipeline.ranked.slice(before).forEach((ranked) => ranked.reply());
    kserve.server.pipeline.holds = false;
    expect(floats(((await reply)['raw_output_contents'] as Buffer[])[0])).toEqual([6, 24, 16]);
  });

  test('a full queue is UNAVAILABLE, as Triton has it', async () => {
    kserve.server.pipeline.holds = true;
    const before = kserve.server.pipeline.ranked.length;
    const failed = kserve.fail(inferRequest);
    await kserve.server.pipeline.arrived(before + 1);
    kserve.server.pipeline.ranked.at(-1)?.fail(new RankError('overloaded', 'the queue is full'));
    kserve.server.pipeline.holds = false;
    expect(await failed).toMatchObject({ code: status.UNAVAILABLE });
  });

  test('refuses more passages than a batch of ModelConfig has', async () => {
    const many = Array.from({ length: 21 }, (_, i) => `q${i}`);
    const inputs = [textInput('QUERY', many), textInput('PASSAGE', many)];
    expect(await kserve.fail({ ...inferRequest, inputs })).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: "inputs 'PASSAGE' has 21 texts; allowed 1 to 20",
    });
  });
});

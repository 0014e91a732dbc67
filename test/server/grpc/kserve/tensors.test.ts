import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  inferRequest,
  passages,
  rawTexts,
  startTestKserve,
  type TestKserve,
  textInput,
} from '../../../support/serving/test-kserve.ts';

let kserve: TestKserve;
beforeAll(async () => {
  kserve = await startTestKserve();
});
afterAll(() => kserve.close());

test.each([
  ['a missing input', { inputs: [textInput('QUERY', ['q'])] }, "inputs have no 'PASSAGE'"],
  [
    'another type',
    { inputs: [textInput('QUERY', ['q'], { datatype: 'FP32' }), textInput('PASSAGE', passages)] },
    "inputs[0] 'QUERY' has the datatype 'FP32'; BYTES is needed",
  ],
  [
    'another shape',
    { inputs: [textInput('QUERY', ['q'], { shape: [1, 2] }), textInput('PASSAGE', passages)] },
    "inputs[0] 'QUERY' has the shape [1,2]; [B] or [B, 1] is needed",
  ],
  [
    'fewer texts than the shape says',
    { inputs: [textInput('QUERY', ['q']), textInput('PASSAGE', passages, { shape: [4] })] },
    "inputs[1] 'PASSAGE' has 3 texts; its shape [4] has 4",
  ],
  [
    'raw contents that are cut',
    { ...inferRequest, raw_input_contents: [rawTexts(['q']), rawTexts(passages).subarray(1)] },
    "inputs[1] 'PASSAGE' has raw contents that are not 3 texts behind their lengths",
  ],
  [
    'an unknown output',
    { ...inferRequest, outputs: [{ name: 'RANK' }] },
    "outputs[0] is 'RANK', which is no output; allowed: SCORE, LOGIT, TOKENS",
  ],
  [
    'two queries for three passages',
    { inputs: [textInput('QUERY', ['a', 'b']), textInput('PASSAGE', passages)] },
    "inputs 'QUERY' has 2 texts and 'PASSAGE' has 3; one query is needed, or as many as passages",
  ],
])('refuses %s', async (_case, request, message) => {
  const failed = await kserve.fail({ model_name: 'tiny', ...request });
  expect(failed.code).toBe(status.INVALID_ARGUMENT);
  expect(failed.message).toContain(message);
});

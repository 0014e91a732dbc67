import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  inferRequest,
  startTestKserve,
  type TestKserve,
  textInput,
} from '../../../support/serving/test-kserve.ts';

let kserve: TestKserve;
beforeAll(async () => {
  kserve = await startTestKserve();
});
afterAll(() => kserve.close());

test('a message of very many fields is refused before it is decoded', async () => {
  const many = Array.from({ length: 2000 }, () => '');
  expect(await kserve.fail({ ...inferRequest, inputs: [textInput('QUERY', many)] })).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: 'has more than 1080 fields, or a shape that is too long',
  });
  const shape = Array.from({ length: 100 }, () => 1);
  expect(
    await kserve.fail({ ...inferRequest, inputs: [textInput('QUERY', ['q'], { shape })] }),
  ).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: 'has more than 1080 fields, or a shape that is too long',
  });
});

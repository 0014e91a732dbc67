import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestKserve, type TestKserve } from '../../../support/serving/test-kserve.ts';
import { failureOf } from '../../../support/serving/test-server.ts';

let kserve: TestKserve;
beforeAll(async () => {
  kserve = await startTestKserve();
});
afterAll(() => kserve.close());

test('says what it is, as clients ask before they infer', async () => {
  expect(await kserve.call('ServerLive', {})).toEqual({ live: true });
  expect(await kserve.call('ServerReady', {})).toEqual({ ready: true });
  expect(await kserve.call('ModelReady', { name: 'tiny' })).toEqual({ ready: true });
  expect(await kserve.call('ModelReady', { name: 'other' })).toEqual({ ready: false });
  expect(await kserve.call('ServerMetadata', {})).toMatchObject({
    extensions: ['model_configuration'],
  });
  expect(await kserve.call('ModelMetadata', { name: 'tiny' })).toMatchObject({
    name: 'tiny',
    inputs: [
      { name: 'QUERY', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'PASSAGE', datatype: 'BYTES' },
    ],
    outputs: [{ name: 'SCORE', datatype: 'FP32' }, { name: 'LOGIT' }, { name: 'TOKENS' }],
  });
  expect(await kserve.call('ModelConfig', { name: 'tiny' })).toMatchObject({
    config: {
      max_batch_size: 20,
      input: [{ name: 'QUERY', data_type: 'TYPE_STRING', dims: [1] }, {}],
    },
  });
  expect(await failureOf(kserve.call('ModelConfig', { name: 'other' }))).toMatchObject({
    code: status.NOT_FOUND,
    message: "model 'other' is not served here; 'tiny' is",
  });
});

import { expect, test } from '@jest/globals';
import { createDeferred } from '../../src/base/deferred.ts';
import { TextRoom } from '../../src/schedule/text-room.ts';
import { setUpPipeline } from '../support/fakes/pipeline-parts.ts';
import { noDeadline, testRequest } from '../support/models/tiny-pipeline.ts';

const large = 'x'.repeat(70_000);
const ofClient = (client: string) => ({ ...noDeadline(), client });

test('texts under way have a bound that clients share, and are released in any outcome', async () => {
  const room = new TextRoom(200_000);
  const { pipeline, encoders } = setUpPipeline('propose', { texts: room });
  const answers = [
    createDeferred<readonly Int32Array[]>(),
    createDeferred<readonly Int32Array[]>(),
  ];
  let asked = 0;
  encoders.tokenize = () => answers[asked++]?.promise ?? Promise.resolve([]);
  const first = pipeline.tokenize([large], ofClient('greedy'));
  await expect(pipeline.tokenize([large], ofClient('greedy'))).rejects.toMatchObject({
    kind: 'overloaded',
    reason: 'CLIENT_SHARE',
  });
  const estimated = testRequest(large, ['y']);
  await expect(pipeline.estimate(estimated, ofClient('greedy'))).rejects.toMatchObject({
    reason: 'CLIENT_SHARE',
  });
  const second = pipeline.tokenize([large], ofClient('another'));
  await expect(pipeline.estimate(estimated, ofClient('third'))).rejects.toMatchObject({
    reason: 'QUEUE_FULL',
  });
  expect(room.held).toBe(140_000);
  answers[0]?.resolve([]);
  answers[1]?.reject(new Error('a thread has ended'));
  await first;
  await expect(second).rejects.toMatchObject({ kind: 'internal' });
  expect(room.held).toBe(0);
  await pipeline.estimate(estimated, ofClient('greedy'));
  expect(room.held).toBe(0);
});

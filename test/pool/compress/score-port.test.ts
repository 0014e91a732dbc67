import { MessageChannel } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { AskedScores } from '../../../src/pool/compress/messages.ts';
import { scoreBy, ScorePort } from '../../../src/pool/compress/score-port.ts';

/** The margin of a row is the first of its ids. */
function answerAll(port: InstanceType<typeof MessageChannel>['port1']): AskedScores[] {
  const seen: AskedScores[] = [];
  port.on('message', (asked: AskedScores) => {
    seen.push(asked);
    port.postMessage(
      asked.map(({ candidates }) => Float64Array.from(candidates, ({ ids }) => at(ids, 0))),
    );
  });
  return seen;
}

test('rows of one prefix are asked together, and every group gets its own margins', async () => {
  const { port1, port2 } = new MessageChannel();
  const seen = answerAll(port1);
  const port = new ScorePort(port2);
  const shared = Int32Array.of(9);
  const score = scoreBy(port, ({ source, queries }) =>
    queries.map((query) => ({
      prefix: query === 'shared' ? shared : Int32Array.of(8),
      ids: Int32Array.of(source.text.length, 4),
    })),
  );
  const groups = [
    { source: { text: 'a' }, queries: ['shared', 'other'] },
    { source: { text: 'bb' }, queries: ['shared'] },
  ];
  expect(await score(groups)).toEqual([Float64Array.of(1, 1), Float64Array.of(2)]);
  expect(seen[0]?.map(({ candidates }) => candidates.length)).toEqual([2, 1]);
  port.close();
});

test('what is asked fails when the other end closes, and so does what is asked later', async () => {
  const { port1, port2 } = new MessageChannel();
  const port = new ScorePort(port2);
  const asked = port.ask([]);
  port1.close();
  await expect(asked).rejects.toThrow('given up');
  await expect(port.ask([])).rejects.toThrow('given up');
});

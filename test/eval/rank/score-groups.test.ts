import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { BatchOutcome, PackedBatch } from '../../../src/batch/packed-batch.ts';
import { createGroupScorer } from '../../../src/eval/rank/score-groups.ts';
import { readMasked } from '../../support/models/read-masked.ts';
import { fakeEncoding } from './fake-pairs.ts';

interface FakeOptions {
  readonly order?: 'query-first' | 'candidate-first';
  readonly tokenBudget?: number;
  readonly runners?: number;
  readonly outcome?: (batch: PackedBatch) => BatchOutcome;
}

/** A replica whose margin of a row is the sum of its tokens, prefix and own; notes its batches. */
function setUp(options: FakeOptions = {}) {
  const { order = 'candidate-first', tokenBudget = 100, runners = 1 } = options;
  const batches: PackedBatch[] = [];
  const run = async (batch: PackedBatch): Promise<BatchOutcome> => {
    batches.push(batch);
    await Promise.resolve();
    return options.outcome?.(batch) ?? { ok: true, logits: sumRows(batch), runMs: 1 };
  };
  const score = createGroupScorer({
    ...fakeEncoding(order, tokenBudget),
    plan: { layout: 'masked', attentionGroups: 1 },
    runners: Array.from({ length: runners }, (_, i) => ({ name: `cpu#${i}`, run })),
  });
  return { score, batches };
}

/** [yes, no] of each candidate: the sum of the keys that its last row sees, and 0. */
function sumRows(batch: PackedBatch): Float32Array {
  const { ids, groups, scored } = readMasked(batch);
  const { keys, keyIndex, keyPlace, lastPlace } = at(groups, 0);
  const logits = new Float32Array(2 * scored.length);
  scored.forEach((tile, candidate) => {
    for (let key = tile * keys; key < (tile + 1) * keys; key++) {
      if (at(keyPlace, key) <= at(lastPlace, tile)) {
        logits[2 * candidate] = at(logits, 2 * candidate) + at(ids, at(keyIndex, key));
      }
    }
  });
  return logits;
}

const groups = [
  { source: { text: 'xxx' }, queries: ['1', '2', '3'] },
  { source: { text: 'x' }, queries: ['2'] },
  { source: { text: '' }, queries: ['3', '1'] },
];
/** Of a text of n characters and a query q, candidate-first: 98, 0 to n - 1, twice 100 + q. */
const expected = [[98 + 3 + 202, 98 + 3 + 204, 98 + 3 + 206], [98 + 204], [98 + 206, 98 + 202]];
const packedTokens = (batches: readonly PackedBatch[]) => batches.map(({ tokens }) => tokens);

describe('createGroupScorer', () => {
  test('gives each group its margins; a text is computed once for all its queries', async () => {
    const { score, batches } = setUp();
    const margins = await score(groups);
    expect(margins.map((each) => [...each])).toEqual(expected);
    expect(packedTokens(batches)).toEqual([4 + 6 + 2 + 2 + 1 + 4]);
  });

  test('calls that wait together share batches', async () => {
    const { score, batches } = setUp();
    const margins = await Promise.all(groups.map((group) => score([group])));
    expect(margins.map(([each]) => [...(each ?? [])])).toEqual(expected);
    expect(batches).toHaveLength(1);
  });

  test.each([9, 12, 3])('keeps to a budget of %d tokens, dividing groups', async (tokenBudget) => {
    const { score, batches } = setUp({ tokenBudget, runners: 2 });
    const margins = await score([...groups, ...groups]);
    expect(margins.map((each) => [...each])).toEqual([...expected, ...expected]);
    expect(batches.length).toBeGreaterThan(2);
    // A row that exceeds the budget alone has a batch of its own.
    packedTokens(batches).forEach((tokens) =>
      expect(tokens).toBeLessThanOrEqual(Math.max(6, tokenBudget)),
    );
  });

  test('scores with a query-first model too', async () => {
    const { score } = setUp({ order: 'query-first' });
    const margins = await score(groups);
    expect(margins.map((each) => [...each])).toEqual([
      [202 + 3 + 99, 204 + 3 + 99, 206 + 3 + 99],
      [204 + 99],
      [206 + 99, 202 + 99],
    ]);
  });

  test('takes groups without queries, and none', async () => {
    const { score, batches } = setUp();
    expect(await score([])).toEqual([]);
    expect(await score([{ source: { text: 'x' }, queries: [] }])).toEqual([new Float64Array(0)]);
    expect(batches).toEqual([]);
  });

  test('rejects with the fault of a batch, and goes on with later calls', async () => {
    let isBroken = true;
    const broken: BatchOutcome = { ok: false, kind: 'out-of-memory', message: 'no room' };
    const { score } = setUp({
      outcome: (batch) => (isBroken ? broken : { ok: true, logits: sumRows(batch), runMs: 1 }),
    });
    await expect(score(groups)).rejects.toThrow('cpu#0: no room; a smaller SLMRANK_TOKEN_BUDGET');
    isBroken = false;
    expect((await score(groups)).map((each) => [...each])).toEqual(expected);
  });

  test('rejects margins that are no numbers', async () => {
    const { score } = setUp({
      outcome: () => ({ ok: true, logits: new Float32Array(12).fill(NaN), runMs: 1 }),
    });
    await expect(score(groups)).rejects.toThrow('NaN');
  });

  test('needs a replica', () => {
    expect(() => setUp({ runners: 0 })).toThrow('no replica is ready to score texts');
  });

  test('leaves out what waits when its signal is aborted', async () => {
    const { score, batches } = setUp();
    const stop = new AbortController();
    const stopped = score(groups, stop.signal);
    const going = score([{ source: { text: 'x' }, queries: ['2'] }]);
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect([...at(await going, 0)]).toEqual([98 + 204]);
    expect(packedTokens(batches)).toEqual([4]);
  });
});

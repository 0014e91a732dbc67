import { describe, expect, test } from '@jest/globals';
import type { Passage } from '../../../src/eval/data/beir.ts';
import { rankCandidates, type RankOptions } from '../../../src/eval/rank/rank-candidates.ts';
import type { PairEngine } from '../../../src/eval/rank/open-pair-engine.ts';
import { lastTokens } from '../../support/models/read-masked.ts';

/** A text's number is its only token and its logit; the query "minus" negates it. "2" is cut. */
const engine: PairEngine = {
  order: 'query-first',
  tokenBudget: 10_000,
  plan: { layout: 'masked', attentionGroups: 4 },
  encoder: {
    encode: ({ query, candidates }) => ({
      ok: true,
      encoded: {
        prefix: Int32Array.of(0),
        candidates: candidates.map(({ text }) => ({
          ids: Int32Array.of((query === 'minus' ? -1 : 1) * Number.parseInt(text)),
          tokens: 1,
          truncated: text === '2',
        })),
      },
    }),
  },
  runners: [
    {
      name: 'cpu#0',
      run: (batch) => {
        const logits = Float32Array.from(lastTokens(batch).flatMap((token) => [token + 1, 1]));
        return Promise.resolve({ ok: true, logits, runMs: 0 });
      },
    },
  ],
};

async function* passagesOf(...texts: readonly string[]): AsyncGenerator<Passage> {
  for (const [i, text] of texts.entries()) {
    yield await Promise.resolve({ id: `c${i}`, title: '', text });
  }
}

function options(changed: Partial<RankOptions> = {}): RankOptions {
  return {
    queries: ['plus'],
    instruction: undefined,
    maxCandidateTokens: undefined,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...changed,
  };
}

describe('rankCandidates', () => {
  test('ranks for each query, best first, ties in the given order', async () => {
    const queries = ['plus', 'minus', 'plus'];
    const candidates = passagesOf('1', '2', '1', '0');
    const { rankings, interrupted } = await rankCandidates(
      engine,
      candidates,
      options({ queries }),
    );
    expect(interrupted).toBe(false);
    expect(rankings.map(({ query }) => query)).toEqual(queries);
    const orders = rankings.map(({ candidates: found }) => found.map(({ id }) => id).join(' '));
    expect(orders).toEqual(['c1 c0 c2 c3', 'c3 c0 c2 c1', 'c1 c0 c2 c3']);
    const [best, second] = rankings[0]?.candidates ?? [];
    expect(best).toMatchObject({ place: 2, label: '2', tokens: 1, truncated: true, logit: 2 });
    // 1 / (1 + e^-2)
    expect(best?.score).toBeCloseTo(0.880797, 6);
    expect(second).toMatchObject({ place: 1, truncated: false });
  });

  test('ranks several parts of candidates as one list', async () => {
    const numbers = Array.from({ length: 4_500 }, (_, i) => (i * 1_009) % 4_507);
    const told: number[] = [];
    const onProgress = (done: number) => void told.push(done);
    const queries = ['plus', 'minus'];
    const { rankings } = await rankCandidates(engine, passagesOf(...numbers.map(String)), {
      ...options({ queries, onProgress }),
    });
    const inOrder = [...numbers].sort((a, b) => b - a);
    expect(rankings[0]?.candidates.map(({ logit }) => logit)).toEqual(inOrder);
    expect(rankings[1]?.candidates.map(({ logit }) => 0 - logit)).toEqual(inOrder.reverse());
    expect(rankings[0]?.candidates.every(({ place, id }) => id === `c${place - 1}`)).toBe(true);
    expect(told.at(-1)).toBe(9_000);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });

  test('reads the next part only after the current one is scored', async () => {
    const large = `1 ${'x'.repeat(3 * 2 ** 20)}`;
    let [asked, scored] = [0, 0];
    const heldAt: number[] = [];
    async function* counted() {
      for await (const passage of passagesOf(large, large, large, large, large)) {
        asked += 1;
        heldAt.push(asked - scored);
        yield passage;
      }
    }
    const onProgress = (done: number) => {
      scored = done;
    };
    await rankCandidates(engine, counted(), options({ onProgress }));
    // Three of them are over 8 Mi characters.
    expect(heldAt).toEqual([1, 2, 3, 1, 2]);
  });

  test('labels a candidate by its title, or else by the start of its text', async () => {
    async function* titled(): AsyncGenerator<Passage> {
      yield await Promise.resolve({ id: 'a', title: 'Nurse', text: '1' });
      yield { id: 'b', title: '', text: `0 ${'x'.repeat(1_000)}` };
    }
    const { rankings } = await rankCandidates(engine, titled(), options());
    const labels = rankings[0]?.candidates.map(({ label }) => label);
    expect(labels).toEqual(['Nurse', `0 ${'x'.repeat(198)}`]);
  });

  test('reports that it was stopped early and reads no more candidates', async () => {
    const stop = new AbortController();
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 1;
        yield await Promise.resolve({ id: String(asked), title: '', text: '1' });
      }
    }
    const { interrupted } = await rankCandidates(engine, endless(), {
      ...options({ signal: stop.signal, onProgress: () => stop.abort() }),
    });
    expect([interrupted, asked]).toEqual([true, 2_000]);
  });

  test('names a query that is too long by its number', async () => {
    const refuse: PairEngine = {
      ...engine,
      encoder: { encode: () => ({ ok: false, message: 'query: too long', violations: [] }) },
    };
    await expect(rankCandidates(refuse, passagesOf('1'), options())).rejects.toThrow(
      "query '1': query: too long",
    );
  });
});

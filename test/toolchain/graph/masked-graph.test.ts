import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import type { Family } from '../../../src/model/manifest.ts';
import type { TokenPart } from '../../../src/batch/packed-batch.ts';
import type { RankSession } from '../../../src/engine/session.ts';
import { loadReference, type ReferenceModel } from '../../support/models/reference-forward.ts';
import {
  largestDifference,
  openTinySession,
  scoreParts,
} from '../../support/models/score-parts.ts';
import {
  buildTinyModel,
  createRandom,
  tinyLabelIds,
  type TinyModel,
} from '../../support/models/tiny-model.ts';

/** Of a logit. The logits of the tiny models are of the order of 1 to 10. */
const tolerance = 1e-4;

const random = createRandom(42);
const text = (length: number) => Int32Array.from({ length }, () => Math.floor(random() * 96));
const texts = (...lengths: number[]) => lengths.map(text);

const joined = ({ prefix, suffixes }: TokenPart) =>
  suffixes.map((suffix) => Int32Array.of(...prefix, ...suffix));

/** The same candidates, each in a request of its own without a prefix: nothing is shared. */
const unshared = (parts: readonly TokenPart[]): TokenPart[] =>
  parts.flatMap((part) =>
    joined(part).map((row) => ({ prefix: new Int32Array(), suffixes: [row] })),
  );

const severalRequests = [
  { prefix: text(9), suffixes: texts(4, 17) },
  { prefix: text(31), suffixes: texts(8) },
  { prefix: text(2), suffixes: texts(3, 3, 40) },
];

/** Lengths below, at and above 8 and 32, where padding changes. 1 is a suffix without text. */
const cases: Record<string, TokenPart[]> = {
  'one candidate': [{ prefix: text(9), suffixes: texts(6) }],
  'a candidate of its suffix only': [{ prefix: text(5), suffixes: texts(1) }],
  'candidates below, at, above and far below an edge': [
    { prefix: text(12), suffixes: texts(7, 8, 9, 1, 2, 64, 31, 32, 33) },
  ],
  'one long candidate among short ones': [{ prefix: text(6), suffixes: texts(3, 4, 120, 5, 4, 3) }],
  'a long prefix': [{ prefix: text(150), suffixes: texts(5, 14) }],
  'a prefix of one token': [{ prefix: text(1), suffixes: texts(4, 11) }],
  'no prefix': [{ prefix: text(0), suffixes: texts(4, 11, 4) }],
  'several requests': severalRequests,
};

describe.each<Family>(['llama', 'qwen2', 'qwen3'])('the masked graph of a %s model', (family) => {
  let model: TinyModel;
  let session: RankSession;
  let reference: ReferenceModel;

  beforeAll(async () => {
    model = await buildTinyModel(family);
    session = await openTinySession(model);
    reference = await loadReference(model.checkpoint, tinyLabelIds);
  });
  afterAll(async () => {
    await session.close();
    await rm(model.dir, { recursive: true });
  });

  it.each(Object.entries(cases))('scores like the plain reference: %s', async (_, parts) => {
    const expected = parts.flatMap(joined).map((row) => reference.logits(row));
    const scores = await scoreParts(session, parts);
    expect(largestDifference(scores, expected)).toBeLessThan(tolerance);
  });

  it.each(Object.entries(cases))(
    'scores the same with shared and unshared prefixes: %s',
    async (_, parts) => {
      const shared = await scoreParts(session, parts);
      expect(largestDifference(shared, await scoreParts(session, unshared(parts)))).toBeLessThan(
        1e-5,
      );
    },
  );

  it('gives different candidates different scores', async () => {
    const scores = await scoreParts(session, [
      { prefix: text(10), suffixes: texts(5, 5, 5, 5, 9, 9, 9, 20, 1, 1) },
    ]);
    expect(new Set(scores.map(([yes]) => yes)).size).toBe(scores.length);
    expect(Math.max(...scores.flat()) - Math.min(...scores.flat())).toBeGreaterThan(0.1);
  });

  it('permutes scores bit for bit when candidates are permuted', async () => {
    const part = { prefix: text(10), suffixes: texts(12, 5, 30, 5, 12, 7) };
    const order = [3, 5, 0, 2, 1, 4];
    const straight = await scoreParts(session, [part]);
    const permuted = await scoreParts(session, [
      { ...part, suffixes: order.map((i) => at(part.suffixes, i)) },
    ]);
    expect(permuted).toEqual(order.map((i) => straight[i]));
  });

  it('leaves a score bit-identical when its neighbours are replaced by equally long ones', async () => {
    const [mine] = texts(9);
    const prefix = text(14);
    const suffixesAround = (lengths: number[]) => [...texts(...lengths), mine ?? text(9)];
    const before = await scoreParts(session, [
      { prefix, suffixes: suffixesAround([9, 20, 3]) },
      { prefix: text(8), suffixes: texts(6, 6) },
    ]);
    const after = await scoreParts(session, [
      { prefix, suffixes: suffixesAround([9, 20, 3]) },
      { prefix: text(8), suffixes: texts(6, 6) },
    ]);
    expect(after[3]).toEqual(before[3]);
    expect(after[0]).not.toEqual(before[0]);
  });

  it('moves a score by less than 1e-5 when the batch has another shape', async () => {
    const [mine = text(9)] = texts(9);
    const prefix = text(14);
    const alone = await scoreParts(session, [{ prefix, suffixes: [mine] }]);
    const crowded = await scoreParts(session, [
      { prefix: text(3), suffixes: texts(50, 2) },
      { prefix, suffixes: [...texts(100, 1, 9), mine] },
    ]);
    expect(largestDifference(alone, [at(crowded, 5)])).toBeLessThan(1e-5);
  });

  it('does not let requests of one batch see each other', async () => {
    const first = { prefix: text(10), suffixes: texts(5, 8) };
    const scores = await scoreParts(session, [first, { prefix: text(7), suffixes: texts(6) }]);
    const others = await scoreParts(session, [first, { prefix: text(7), suffixes: texts(6) }]);
    expect(scores.slice(0, 2)).toEqual(others.slice(0, 2));
    expect(scores[2]).not.toEqual(others[2]);
  });

  it('scores 1,000 candidates over several batches as it scores each alone', async () => {
    const prefix = text(11);
    const suffixes = Array.from({ length: 1000 }, (_, i) => text(1 + ((i * 7) % 23)));
    const scores: number[][] = [];
    for (let start = 0; start < suffixes.length; start += 90) {
      const batch = suffixes.slice(start, start + 90);
      scores.push(...(await scoreParts(session, [{ prefix, suffixes: batch }])));
    }
    expect(scores).toHaveLength(1000);
    const sample = [0, 89, 90, 499, 999];
    const expected = sample.map((i) => reference.logits([...prefix, ...at(suffixes, i)]));
    expect(
      largestDifference(
        sample.map((i) => at(scores, i)),
        expected,
      ),
    ).toBeLessThan(tolerance);
  });

  it('scores the same for any number of attention groups', async () => {
    const parts = severalRequests;
    const four = await scoreParts(session, parts);
    for (const groups of [1, 2]) {
      const plan = { layout: 'masked', attentionGroups: groups } as const;
      const other = await buildTinyModel(family, { plan });
      const otherSession = await openTinySession(other);
      const scores = await scoreParts(otherSession, parts, plan);
      await otherSession.close();
      await rm(other.dir, { recursive: true });
      expect(largestDifference(scores, four)).toBeLessThan(1e-5);
    }
  });
});

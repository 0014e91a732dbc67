import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fillBatches } from '../../../../bench/suite/engine/engine.ts';
import { createFiller, templateTokens } from '../../../../bench/suite/traffic/filler.ts';
import { packMessage, withId } from '../../../../bench/suite/traffic/sender.ts';
import { parseProtoRoot } from '../../../../src/proto/proto-root.ts';
import { createRequestEncoder } from '../../../../src/encode/request-encoder.ts';
import { builtinTemplate } from '../../../../src/model/builtin-template.ts';
import { createTokenizer } from '../../../../src/text/tokenizer/tokenizer.ts';
import { createRandom } from '../../../../src/base/random.ts';
import { readGoldenTokenizer } from '../../../support/models/golden-tokenizer.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('random texts', () => {
  const json = readGoldenTokenizer('smollm2');
  const tokenizer = createTokenizer(json, 'smollm2');
  const filler = createFiller(tokenizer);

  test.each([0, 1, 2, 20, 300])('have exactly %i tokens after a space', (tokens) => {
    const text = filler.text(tokens, createRandom(tokens + 1));
    expect(tokenizer.encode(tokens === 0 ? '' : ` ${text}`)).toHaveLength(tokens);
  });

  test('differ from each other', () => {
    const random = createRandom(1);
    expect(new Set(Array.from({ length: 50 }, () => filler.text(20, random))).size).toBe(50);
  });

  test('need a tokenizer that has single tokens for words', () => {
    const letters = { encode: (text: string) => Int32Array.from(Buffer.from(text)) };
    expect(() => createFiller(letters)).toThrow(/single token for 0 of \d+ .* at least 10/);
  });

  const builtin = builtinTemplate('llama');
  const swapped = { prefix: '{instruction}\nD: ', suffix: '\nQ: {query}\n{context}A:' };

  test.each([
    ['query-first', builtin, { inPrefix: 12, inSuffix: 0 }],
    ['candidate-first', { ...builtin, ...swapped }, { inPrefix: 0, inSuffix: 12 }],
  ] as const)('have the wanted lengths in a %s template', (order, template, expected) => {
    const dir = temporaryFolder({ 'tokenizer.json': json });
    const encoder = createRequestEncoder({
      tokenizerPath: join(dir, 'tokenizer.json'),
      template,
      normalize: [],
      limits: { prefixTokens: 500, candidateTokens: 500, rowTokens: 1000 },
    });
    const random = createRandom(2);
    const around = templateTokens(encoder, filler.text(1, random), order);
    const outcome = encoder.encode({
      query: filler.text(12, random),
      candidates: [3, 40].map((tokens) => ({
        title: undefined,
        text: filler.text(tokens, random),
      })),
      instruction: undefined,
      context: undefined,
      truncation: 'end',
      maxCandidateTokens: undefined,
    });
    expect(outcome).toMatchObject({
      ok: true,
      encoded: { candidates: [{ tokens: 3 }, { tokens: 40 }] },
    });
    const { prefix, candidates } = outcome.ok
      ? outcome.encoded
      : { prefix: [], candidates: [] as { ids: Int32Array }[] };
    expect(prefix).toHaveLength(around.prefix + expected.inPrefix);
    expect(candidates[1]?.ids).toHaveLength(around.suffix + 40 + expected.inSuffix);
  });
});

test('a packed message can be given a request id', () => {
  const { requestDeserialize } = parseProtoRoot().service.Rank;
  const message = packMessage({ query: 'q', candidates: [{ text: 'a' }, { text: 'b' }] }, 30);
  expect(message).toMatchObject({ candidates: 2, packedTokens: 30 });
  expect(requestDeserialize(withId(message, 'steady-17'))).toMatchObject({
    query: 'q',
    candidates: [{ text: 'a' }, { text: 'b' }],
    requestId: 'steady-17',
  });
  expect(() => withId(message, 'x'.repeat(128))).toThrow('at most 127');
});

describe("the bare engine's batches", () => {
  const request = (prefix: number, lengths: readonly number[]) => ({
    prefix: new Int32Array(prefix),
    candidates: lengths.map((length) => ({
      ids: new Int32Array(length),
      tokens: length,
      truncated: false,
    })),
  });
  const sizes = (batches: ReturnType<typeof fillBatches>) =>
    batches.map((parts) =>
      parts.map(({ prefix, suffixes }) => [prefix.length, ...suffixes.map(({ length }) => length)]),
    );

  test('are as full as whole candidates allow; a split request repeats its prefix', () => {
    const requests = [request(10, [30, 20, 40]), request(5, [20])];
    expect(sizes(fillBatches(requests, 70))).toEqual([[[10, 20, 30]], [[10, 40]], [[5, 20]]]);
  });

  test('have several requests if there is room', () => {
    expect(sizes(fillBatches([request(10, [20]), request(5, [20])], 100))).toEqual([
      [
        [10, 20],
        [5, 20],
      ],
    ]);
  });

  test('have a batch for a candidate that exceeds the budget, and lose no candidate', () => {
    const batches = fillBatches([request(10, [500, 20]), request(10, [30])], 100);
    expect(sizes(batches)).toEqual([[[10, 20]], [[10, 500]], [[10, 30]]]);
  });
});

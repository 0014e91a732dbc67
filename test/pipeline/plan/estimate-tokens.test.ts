import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { RankError } from '../../../src/base/errors.ts';
import type { PromptTemplate } from '../../../src/text/template.ts';
import { TokenEstimator } from '../../../src/pipeline/plan/estimate-tokens.ts';
import { packedSize } from '../../../src/batch/packed-size.ts';
import type { NormalizeStep } from '../../../src/text/normalize/normalize.ts';
import { createRequestEncoder } from '../../../src/encode/request-encoder.ts';
import { builtinTemplates } from '../../../src/text/builtin-templates.ts';
import { texts } from '../../support/estimated-texts.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const limits = { candidateTokens: 512, rowTokens: 2_048, tokenBudget: 1_024 };
const bundled = new URL('../../../models/', import.meta.url);
const tokenizerPath = fileURLToPath(new URL('bundled/slmrank-55m/tokenizer.json', bundled));
const recipe = JSON.parse(readFileSync(new URL('recipes/slmrank-55m.json', bundled), 'utf8')) as {
  readonly template: PromptTemplate;
  readonly normalize: readonly NormalizeStep[];
};

/**
 * The bundled model as it is served, and its tokenizer with the built-in query-first template and
 * without normalizing.
 */
const models = {
  bundled: recipe,
  'query-first': { template: builtinTemplates.chatml, normalize: undefined },
};

type Model = (typeof models)['bundled' | 'query-first'];

function load({ template, normalize }: Model) {
  const encodeLimits = { ...limits, prefixTokens: 1_024 };
  const encoder = createRequestEncoder({
    tokenizerPath,
    template,
    normalize,
    limits: encodeLimits,
  });
  const encode: Parameters<TokenEstimator['calibrate']>[0]['encode'] = (task) => {
    const outcome = encoder.encode(task);
    return outcome.ok
      ? Promise.resolve(outcome.encoded)
      : Promise.reject(new Error(outcome.message));
  };
  const tokenize = (some: readonly string[]) => Promise.resolve(encoder.tokenize(some));
  return { template, encode, tokenize };
}

/** Loaded once, because loading takes time. */
const encoders = { bundled: load(models.bundled), 'query-first': load(models['query-first']) };

/** An estimator that has seen no request. */
async function open(name: keyof typeof models) {
  const { template, encode, tokenize } = encoders[name];
  const estimator = new TokenEstimator(template, limits);
  await estimator.calibrate({ encode, tokenize });
  return { estimator, encode };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Estimated packed tokens divided by the real ones. */
async function compare(
  { estimator, encode }: Opened,
  request: ReturnType<typeof testRequest>,
): Promise<{ readonly ratio: number; readonly learn: () => void }> {
  const encoded = await encode(request);
  const real = packedSize(
    {
      prefixTokens: encoded.prefix.length,
      candidates: encoded.candidates.length,
      candidateTokens: encoded.candidates.reduce((sum, { ids }) => sum + ids.length, 0),
    },
    limits.tokenBudget,
  );
  const { packedTokens } = estimator.estimate(request, request.candidates);
  return { ratio: packedTokens / real, learn: () => estimator.learn(request.candidates, encoded) };
}

const caps = [undefined, 512, 128, 32, 8];
const allowed = (name: string) => (name === 'postings' || name === 'repeated' ? 0.15 : 0.3);

describe.each(['bundled', 'query-first'] as const)('the model %s', (model) => {
  const opening = open(model);

  test.each(Object.entries(texts))(
    '%s are estimated closely before any request was seen',
    async (name, own) => {
      const opened = await opening;
      for (const maxCandidateTokens of caps) {
        const request = testRequest('night shift nurse', own, { maxCandidateTokens });
        const { ratio } = await compare(opened, request);
        expect([name, maxCandidateTokens, Math.abs(ratio - 1) <= allowed(name)]).toEqual([
          name,
          maxCandidateTokens,
          true,
        ]);
      }
    },
  );

  test.each(Object.entries(texts))(
    '%s are nearer once such requests were encoded',
    async (_, own) => {
      const opened = await open(model);
      const request = testRequest('night shift nurse', own);
      for (let seen = 0; seen < 10; seen++) {
        (await compare(opened, request)).learn();
      }
      const { ratio } = await compare(opened, request);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
    },
  );

  test('titles, context and instruction are estimated closely', async () => {
    const opened = await opening;
    const request = testRequest('nurse', ['Cares for patients.', 'Keeps the books.'], {
      context: 'a hospital in a small town that looks for people who work at night',
      instruction: 'Find postings that a careful reader would open first',
    });
    const titled = request.candidates.map((each) => ({ ...each, title: 'Registered nurse' }));
    for (const own of [request, { ...request, candidates: titled }]) {
      const { ratio } = await compare(opened, own);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
    }
  });
});

it('keeps the rates of one script while it learns those of another', async () => {
  const opened = await open('bundled');
  const japanese = testRequest('看護師', texts.japanese);
  for (let seen = 0; seen < 10; seen++) {
    (await compare(opened, japanese)).learn();
  }
  for (let seen = 0; seen < 50; seen++) {
    (await compare(opened, testRequest('nurse', texts.postings))).learn();
  }
  expect(Math.abs((await compare(opened, japanese)).ratio - 1)).toBeLessThan(0.1);
});

it('does not learn from truncated candidates, whose whole length is unknown', async () => {
  const { estimator, encode } = await open('bundled');
  const whole = testRequest('nurse', texts.postings);
  const before = estimator.estimate(whole, whole.candidates);
  const cut = { ...whole, maxCandidateTokens: 8 };
  estimator.learn(cut.candidates, await encode(cut));
  expect(estimator.estimate(whole, whole.candidates)).toEqual(before);
});

it('samples long texts and estimates them as closely as short ones', async () => {
  const opened = await open('bundled');
  const wide = { candidateTokens: 100_000, rowTokens: 200_000, tokenBudget: 1_024 };
  const estimator = new TokenEstimator(models.bundled.template, wide);
  const long = texts.postings.join('\n');
  const parts = testRequest('q', texts.postings);
  const whole = testRequest('q', [long]);
  const ofParts = estimator.estimate(parts, parts.candidates).candidateTokens;
  const [ofWhole = 0] = estimator.estimate(whole, whole.candidates).candidateTokens;
  const sum = ofParts.reduce((total, tokens) => total + tokens, 0);
  expect(Math.abs(ofWhole / sum - 1)).toBeLessThan(0.15);
  // Only a sample is read, so the length no longer matters.
  expect((await compare(opened, whole)).ratio).toBeCloseTo(1, 1);
});

it('guesses from the template when the limits leave no room to measure it', async () => {
  const estimator = new TokenEstimator(models.bundled.template, limits);
  const { tokenize } = encoders.bundled;
  const encode = () => Promise.reject(new RankError('invalid-argument', 'no room'));
  await estimator.calibrate({ encode, tokenize });
  const request = testRequest('nurse', ['a nurse']);
  const { prefixTokens, suffixTokens } = estimator.estimate(request, request.candidates);
  expect(prefixTokens).toBeGreaterThan(0);
  expect(suffixTokens).toBeGreaterThan(0);
});

test('many candidates are estimated by a sample of them and by their lengths', () => {
  const { estimate } = new TokenEstimator(models['query-first'].template, limits);
  const english = 'Cares for patients of the ward at night and on weekends. ';
  const candidates = Array.from({ length: 200 }, (_, i) => ({
    title: undefined,
    text: english.repeat(1 + (i % 4)),
  }));
  const request = testRequest('nurse', []);
  const each = candidates.map((one) => at(estimate(request, [one]).candidateTokens, 0));
  const together = estimate(request, candidates).candidateTokens;
  for (const [i, tokens] of together.entries()) {
    expect(Math.abs(tokens - at(each, i))).toBeLessThanOrEqual(1 + at(each, i) / 20);
  }
});

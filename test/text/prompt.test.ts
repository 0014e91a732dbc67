import { expect, it } from '@jest/globals';
import type { RequestEncoder } from '../../src/encode/encode.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import type { NormalizeStep } from '../../src/text/normalize/normalize.ts';
import { createTemplate, type TemplateTexts } from '../../src/text/template.ts';
import { readGolden, withTokenizerFile } from '../support/models/golden-tokenizer.ts';

/** As test/golden/make_prompts.py writes it. */
interface Case {
  readonly template: TemplateTexts & { readonly normalize?: readonly NormalizeStep[] };
  readonly request: { query: string; instruction: string | null; context: string | null };
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
  readonly candidates: readonly { title: string | null; text: string; ids: readonly number[] }[];
}

const { cases } = JSON.parse(readGolden('prompts.json')) as { cases: readonly Case[] };

const limits = { prefixTokens: 2000, candidateTokens: 2000, rowTokens: 6000 };

function encode(encoder: RequestEncoder, { request, candidates }: Case) {
  const outcome = encoder.encode({
    query: request.query,
    instruction: request.instruction ?? undefined,
    context: request.context ?? undefined,
    candidates: candidates.map(({ title, text }) => ({ title: title ?? undefined, text })),
    truncation: 'error',
    maxCandidateTokens: undefined,
  });
  if (!outcome.ok) {
    throw new Error(outcome.message);
  }
  return outcome.encoded;
}

it.each(['query-first', 'candidate-first'] as const)(
  'a %s prompt has the ids of models/training/texts/prompt.py, also for awkward texts',
  async (order) => {
    const own = cases.filter(({ template }) => createTemplate(template).order === order);
    expect(own).toHaveLength(order === 'query-first' ? 48 : 64);
    await withTokenizerFile('smollm2', (path) => {
      const encoders = new Map<string, RequestEncoder>();
      for (const each of own) {
        const template = createTemplate(each.template);
        const { normalize } = each.template;
        const options = { tokenizerPath: path, template, normalize, limits };
        const key = JSON.stringify(template);
        const encoder = encoders.get(key) ?? createRequestEncoder(options);
        encoders.set(key, encoder);
        const { prefix, candidates } = encode(encoder, each);
        expect([...prefix]).toEqual(each.prefix);
        expect(candidates.map(({ ids }) => [...ids])).toEqual(
          each.candidates.map(({ ids }) => [...ids, ...each.suffix]),
        );
        expect(candidates.map(({ tokens }) => tokens)).toEqual(
          each.candidates.map(({ ids }) => ids.length),
        );
      }
    });
  },
);

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { depthSizes } from '../../../src/pipeline/plan/depth-sizes.ts';
import { TokenEstimator } from '../../../src/pipeline/plan/estimate-tokens.ts';
import { createTemplate } from '../../../src/text/template.ts';
import { testRequest } from '../../support/models/tiny-pipeline.ts';

const templates = [
  { prefix: '{instruction} Find {query} {context}:', suffix: ' yes or no?' },
  { prefix: '{instruction}', suffix: ' for {query} {context}?' },
].map((parts) =>
  createTemplate({ ...parts, context: '{context}', title: '{title}', instruction: 'Look.' }),
);

test('sizes are the estimates of the candidates that have to run, in either template order', () => {
  const anyText = fc.string({ maxLength: 300 });
  fc.assert(
    fc.property(
      fc.constantFrom(...templates),
      fc.record({ query: anyText, context: fc.option(anyText, { nil: undefined }) }),
      fc.array(fc.tuple(anyText, fc.boolean()), { maxLength: 8 }),
      (template, asked, items) => {
        const tokenBudget = 60;
        const limits = { candidateTokens: 30, rowTokens: 100, tokenBudget };
        const estimateTokens = new TokenEstimator(template, limits).estimate;
        const request = testRequest(
          asked.query,
          items.map(([text]) => text),
          { context: asked.context },
        );
        const hasToRun = (place: number) => items[place]?.[1] === true;
        const sizes = depthSizes(request, request.candidates, hasToRun, {
          estimateTokens,
          tokenBudget,
        });
        expect(sizes).toHaveLength(items.length + 1);
        for (const [depth, size] of sizes.entries()) {
          const own = request.candidates.slice(0, depth).filter((_, place) => hasToRun(place));
          expect(size).toMatchObject({
            candidates: own.length,
            packedTokens: own.length === 0 ? 0 : estimateTokens(request, own).packedTokens,
          });
        }
      },
    ),
  );
});

import { join } from 'node:path';
import { RankError } from '../../src/errors.ts';
import type { EncodedRequest } from '../../src/schedule/batch.ts';
import { packBatch } from '../../src/schedule/pack-batch.ts';
import { createRequestEncoder } from '../../src/text/request-encoder.ts';
import { openSession } from '../../workers/session.ts';
import type { BuiltModel, OpenScorer } from './pair-scorer.ts';

/** Opens a built model in this process, without queue, cache or threads of ours: the encoder and the packed graph. */
export const openScorer: OpenScorer = async ({ dir, manifest }: BuiltModel, options) => {
  const { rowTokens } = manifest.blueprint;
  const encoder = createRequestEncoder({
    tokenizerPath: join(dir, manifest.tokenizer.file),
    template: manifest.template,
    limits: { prefixTokens: rowTokens, candidateTokens: options.candidateTokens, rowTokens },
  });
  const session = await openSession({
    ...{ modelDir: dir, manifest, provider: 'cpu', deviceId: 0, threads: options.threads },
  });
  return {
    async score(query, candidates) {
      const task = { query, instruction: undefined, context: undefined, candidates };
      const outcome = encoder.encode({ ...task, truncation: 'end', maxCandidateTokens: undefined });
      if (!outcome.ok) {
        throw new RankError('invalid-argument', outcome.message);
      }
      const scores: number[] = [];
      for (const part of splitBatches(outcome.encoded, options.tokenBudget)) {
        const logits = await session.run(packBatch([part], manifest));
        for (let at = 0; at < logits.length; at += 2) {
          scores.push((logits[at] ?? NaN) - (logits[at + 1] ?? NaN));
        }
      }
      return scores;
    },
    close: () => session.close(),
  };
};

/** Candidates in order, each batch with the prefix once and at most `tokenBudget` tokens; one candidate at least. */
function splitBatches({ prefix, candidates }: EncodedRequest, tokenBudget: number) {
  const batches: { prefix: Int32Array; suffixes: Int32Array[] }[] = [];
  let tokens = Infinity;
  for (const { ids } of candidates) {
    if (tokens + ids.length > tokenBudget) {
      batches.push({ prefix, suffixes: [] });
      tokens = prefix.length;
    }
    batches.at(-1)?.suffixes.push(ids);
    tokens += ids.length;
  }
  return batches;
}

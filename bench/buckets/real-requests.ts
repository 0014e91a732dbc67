import { join } from 'node:path';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { EncodedRequest } from '../../src/batch/packed-batch.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';

export interface RequestMix {
  readonly requests: number;
  readonly candidates: number;
}

/** Demo queries with candidates drawn from the demo's postings, encoded for a built model. */
export async function encodeRequests(
  dir: string,
  manifest: Manifest,
  { requests, candidates }: RequestMix,
): Promise<readonly EncodedRequest[]> {
  const encoder = createRequestEncoder({
    tokenizerPath: join(dir, manifest.tokenizer.file),
    template: manifest.template,
    normalize: manifest.normalize,
    limits: { prefixTokens: 1024, candidateTokens: 512, rowTokens: manifest.blueprint.rowTokens },
  });
  const { postings, queries } = await readDemoData(projectFolder('models/demo'));
  const random = createRandom(17);
  const pick = <T>(values: readonly T[]) => at(values, Math.floor(random() * values.length));
  return Array.from({ length: requests }, () => {
    const { query } = pick(queries);
    const texts = Array.from({ length: candidates }, () => pick(postings));
    const outcome = encoder.encode({
      query,
      instruction: undefined,
      context: undefined,
      candidates: texts,
      truncation: 'end',
      maxCandidateTokens: undefined,
    });
    if (!outcome.ok) {
      throw new Error(outcome.message);
    }
    return outcome.encoded;
  });
}

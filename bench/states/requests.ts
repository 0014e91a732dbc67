import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import type { EncodedRequest } from '../../src/batch/packed-batch.ts';
import type { RequestEncoder } from '../../src/encode/encode.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { type DemoData, readDemoData } from '../../src/eval/data/demo-data.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';

/** Makes requests of the demo's postings and queries, with candidates of an exact length. */
export class BenchRequests {
  readonly #encoder: RequestEncoder;
  readonly #data: DemoData;
  /** The tokens of all postings, one after the other. */
  readonly #tokens: Int32Array;
  #next = 0;

  private constructor(encoder: RequestEncoder, data: DemoData) {
    this.#encoder = encoder;
    this.#data = data;
    const ids = encoder.tokenize(data.postings.map(({ text }) => text));
    this.#tokens = Int32Array.from(ids.flatMap((each) => [...each]));
  }

  static async open(modelDir: string, manifest: Manifest): Promise<BenchRequests> {
    const { tokenizer, template, normalize, blueprint } = manifest;
    const { rowTokens } = blueprint;
    const encoder = createRequestEncoder({
      tokenizerPath: join(modelDir, tokenizer.file),
      template,
      normalize,
      limits: { prefixTokens: 512, candidateTokens: 512, rowTokens },
    });
    return new BenchRequests(encoder, await readDemoData(projectFolder('models/demo')));
  }

  /** Texts that no earlier call returned: each begins at another token of the postings. */
  fresh(count: number, tokens: number): readonly Int32Array[] {
    return Array.from({ length: count }, () => {
      this.#next = (this.#next + 37) % (this.#tokens.length - tokens);
      return this.#tokens.subarray(this.#next, this.#next + tokens);
    });
  }

  /** A demo query over these texts. */
  ask(turn: number, texts: readonly Int32Array[]): EncodedRequest {
    const { queries } = this.#data;
    const { query } = at(queries, turn % queries.length);
    const encoded = this.#encode(query, [{ title: undefined, text: 'x' }], undefined);
    const { ids, tokens } = at(encoded.candidates, 0);
    const suffix = ids.subarray(tokens);
    const candidates = texts.map((own) => {
      return { ids: Int32Array.of(...own, ...suffix), tokens: own.length, truncated: false };
    });
    return { prefix: encoded.prefix, candidates };
  }

  /** The demo's queries with their real candidates, cut to a length. */
  real(maxCandidateTokens: number): readonly EncodedRequest[] {
    return this.#data.queries.map(({ query, candidates }) =>
      this.#encode(
        query,
        candidates.map(({ title, text }) => ({ title, text })),
        maxCandidateTokens,
      ),
    );
  }

  #encode(
    query: string,
    candidates: readonly { readonly title: string | undefined; readonly text: string }[],
    maxCandidateTokens: number | undefined,
  ): EncodedRequest {
    const asked = { query, instruction: undefined, context: undefined, candidates };
    const outcome = this.#encoder.encode({ ...asked, truncation: 'end', maxCandidateTokens });
    if (!outcome.ok) {
      throw new Error(outcome.message);
    }
    return outcome.encoded;
  }
}

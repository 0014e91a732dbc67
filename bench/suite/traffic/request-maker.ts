import { join } from 'node:path';
import type { EncodedRequest } from '../../../src/batch/packed-batch.ts';
import type { TrafficShape } from '../../../src/domain/traffic.ts';
import type { RequestEncoder } from '../../../src/encode/encode.ts';
import { createRequestEncoder } from '../../../src/encode/request-encoder.ts';
import { readManifest } from '../../../src/model/manifest.ts';
import { loadTokenizer } from '../../../src/text/tokenizer/tokenizer.ts';
import { createFiller, type Filler, type TemplateTokens, templateTokens } from './filler.ts';
import type { Planned } from './play.ts';
import { type Message, packMessage } from './sender.ts';
import { drawShape, type LengthMix, type Shape } from './shapes.ts';

export interface RequestOptions {
  readonly partialOk?: boolean;
  readonly deferrable?: boolean;
  /** Default false: a cached score would not measure the model. */
  readonly useCache?: boolean;
}

/** Makes requests of given lengths for a model: as messages, and encoded for the bare engine. */
export interface RequestMaker {
  readonly random: () => number;
  message(shape: Shape, options?: RequestOptions): Message;
  /** Messages with lengths drawn from a mix. */
  messages(mix: LengthMix, count: number, options?: RequestOptions): readonly Message[];
  /** Encodes a request as the server does before scheduling it. */
  encode(shape: Shape): EncodedRequest;
  /** Requests with the lengths, times and deadlines of captured traffic, `speed` times as fast. */
  replay(traffic: readonly TrafficShape[], speed: number): readonly Planned[];
}

export async function createRequestMaker(
  modelDir: string,
  random: () => number,
): Promise<RequestMaker> {
  const { tokenizer, template, normalize, blueprint } = await readManifest(modelDir);
  const tokenizerPath = join(modelDir, tokenizer.file);
  const { rowTokens } = blueprint;
  const limits = { prefixTokens: rowTokens, candidateTokens: rowTokens, rowTokens };
  const encoder = createRequestEncoder({ tokenizerPath, template, normalize, limits });
  const filler = createFiller(loadTokenizer(tokenizerPath));
  const around = templateTokens(encoder, filler.text(1, random), template.order);
  return new Maker(filler, encoder, { random, around });
}

class Maker implements RequestMaker {
  readonly random: () => number;
  readonly #filler: Filler;
  readonly #encoder: RequestEncoder;
  readonly #template: TemplateTokens;

  constructor(
    filler: Filler,
    encoder: RequestEncoder,
    { random, around }: { readonly random: () => number; readonly around: TemplateTokens },
  ) {
    this.#filler = filler;
    this.#encoder = encoder;
    this.random = random;
    this.#template = around;
  }

  message(
    shape: Shape,
    { partialOk = false, deferrable = false, useCache = false }: RequestOptions = {},
  ): Message {
    const request = {
      ...this.#texts(shape),
      partialOk,
      noCache: !useCache,
      ...(deferrable ? ({ priority: 'PRIORITY_DEFERRABLE' } as const) : {}),
    };
    return packMessage(request, this.#packedTokens(shape));
  }

  messages(mix: LengthMix, count: number, options?: RequestOptions): readonly Message[] {
    return Array.from({ length: count }, () => this.message(drawShape(mix, this.random), options));
  }

  encode(shape: Shape): EncodedRequest {
    const { query, candidates } = this.#texts(shape);
    const outcome = this.#encoder.encode({
      query,
      instruction: undefined,
      context: undefined,
      truncation: 'end',
      maxCandidateTokens: undefined,
      candidates: candidates.map(({ text }) => ({ title: undefined, text })),
    });
    if (!outcome.ok) {
      throw new Error(`a generated request cannot be encoded: ${outcome.message}`);
    }
    return outcome.encoded;
  }

  replay(traffic: readonly TrafficShape[], speed: number): readonly Planned[] {
    return traffic.map((shape) => ({
      atMs: shape.atMs / speed,
      deadlineMs: shape.deadlineMs,
      message: this.message(
        { queryTokens: this.#queryTokens(shape), candidateTokens: shape.candidateTokens },
        { deferrable: shape.class === 'deferrable' },
      ),
    }));
  }

  /**
   * The tokens of the query: those of the prefix or of the suffix (candidate-first) beyond the
   * template's own.
   */
  #queryTokens({ prefixTokens, suffixTokens }: TrafficShape): number {
    const { prefix, suffix } = this.#template;
    return Math.max(1, prefixTokens - prefix, (suffixTokens ?? suffix) - suffix);
  }

  #packedTokens({ queryTokens, candidateTokens }: Shape): number {
    const { prefix, suffix, order } = this.#template;
    const asked = queryTokens * (order === 'query-first' ? 1 : candidateTokens.length);
    return candidateTokens.reduce((sum, tokens) => sum + tokens + suffix, prefix + asked);
  }

  #texts({ queryTokens, candidateTokens }: Shape) {
    return {
      query: this.#filler.text(queryTokens, this.random),
      candidates: candidateTokens.map((tokens, i) => ({
        id: `c${i}`,
        text: this.#filler.text(tokens, this.random),
      })),
    };
  }
}

import { RankError } from '../base/errors.ts';
import {
  type BatchPart,
  type BatchRunner,
  type EncodedRequest,
  type PackedBatch,
  segmentsOf,
} from '../batch/packed-batch.ts';
import type { EncodeTask } from './encode.ts';

/** A pool of encoder threads, or one encoder. */
interface AskedEncoders {
  encode(task: EncodeTask): Promise<EncodedRequest>;
}

export interface AnsweringParts {
  readonly name: string;
  readonly encoders: AskedEncoders;
  readonly runners: readonly BatchRunner[];
  readonly pack: (parts: readonly BatchPart[]) => PackedBatch;
}

/** A question as a client would ask it. */
export const plainQuestion: EncodeTask = {
  query: 'night shift nurse',
  instruction: undefined,
  context: undefined,
  candidates: [
    { title: undefined, text: 'Registered nurse, night shifts in a clinic.' },
    { title: undefined, text: 'Bakes bread from four in the morning.' },
  ],
  truncation: 'end',
  maxCandidateTokens: undefined,
};

/**
 * Asks a model one question, from texts to logits, before it serves requests. Warm-ups test neither
 * tokenizer nor template.
 *
 * @throws RankError `unavailable` when it cannot answer.
 */
export async function assertAnswers(parts: AnsweringParts): Promise<void> {
  const [runner] = parts.runners;
  const encoded = runner === undefined ? undefined : await encodeQuestion(parts.encoders);
  if (runner === undefined || encoded === undefined) {
    return;
  }
  const outcome = await runner.run(parts.pack([segmentsOf(encoded)]));
  const problem = outcome.ok ? findNotFinite(outcome.logits) : outcome.message;
  if (problem !== undefined) {
    throw cannotAnswer(parts.name, problem);
  }
}

/** Describes logits that are not finite; undefined when all are. */
export function findNotFinite(logits: Float32Array): string | undefined {
  return logits.every((logit) => Number.isFinite(logit))
    ? undefined
    : `its logits are ${logits.join(', ')}`;
}

export function cannotAnswer(name: string, problem: string): RankError {
  return new RankError('unavailable', `${name} cannot answer a plain question: ${problem}`, {
    reason: 'MODEL_CANNOT_ANSWER',
  });
}

/** Undefined when the limits leave no room for the question, which is not the model's fault. */
async function encodeQuestion(encoders: AskedEncoders) {
  try {
    return await encoders.encode(plainQuestion);
  } catch (error) {
    const { kind } = RankError.from(error);
    if (kind === 'invalid-argument') {
      return undefined;
    }
    throw error;
  }
}

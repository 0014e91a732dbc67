import { workerData } from 'node:worker_threads';
import { at } from '../../../src/base/at.ts';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';
import type {
  InferMessage,
  InferReply,
  InferWorkerData,
} from '../../../src/pool/threads/messages.ts';
import answer from '../../../workers/infer.ts';
import { lettersToIds, poisonedSlot, poisonLetter } from './letters.ts';

const { slot } = workerData as InferWorkerData;
const poison = at(lettersToIds(poisonLetter), 0);

const hasPoison = ({ feeds }: PackedBatch) =>
  feeds.some(({ name, data }) => name === 'ids' && data.some((id) => Number(id) === poison));

/** A replica's thread that dies of poison. */
export default function answerOrDie(message: InferMessage): Promise<InferReply> {
  if (message.kind === 'run' && slot.name === poisonedSlot && hasPoison(message.batch)) {
    process.exit(1);
  }
  return answer(message);
}

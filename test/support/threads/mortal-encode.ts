import { workerData } from 'node:worker_threads';
import type { EncodeMessage, EncodeReply } from '../../../src/pool/threads/messages.ts';

const { deaths } = workerData as { readonly deaths: Int32Array };

/** An encoder's thread that ends at the text 'die' as long as there are deaths left. */
export default function answer(message: EncodeMessage): EncodeReply {
  if (message.kind !== 'tokenize') {
    throw new Error('only tokenizes');
  }
  if (message.texts.includes('die') && Atomics.load(deaths, 0) > 0) {
    Atomics.sub(deaths, 0, 1);
    process.exit(1);
  }
  return { kind: 'tokenized', ids: message.texts.map(({ length }) => Int32Array.of(length)) };
}

import type { InferMessage, InferReply } from '../../../src/pool/threads/messages.ts';
import { nameThread } from './name-thread.ts';

// A replica's thread without a model: it answers every batch at once, with fixed logits.

nameThread('replica');

export default function answer(message: InferMessage): InferReply {
  switch (message.kind) {
    case 'load':
      return { kind: 'loaded' };
    case 'unload':
      return { kind: 'unloaded' };
    case 'run': {
      const startedAtMs = performance.now();
      const logits = Float32Array.from({ length: 2 * message.batch.candidates }, logitAt);
      return { kind: 'ran', logits, runMs: performance.now() - startedAtMs };
    }
  }
}

/** Different for neighbours, so that results have to be sorted. */
function logitAt(_: unknown, place: number): number {
  return ((place * 37) % 101) / 16 - 3;
}

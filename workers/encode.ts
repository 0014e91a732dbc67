import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { EncodeMessage, EncodeReply, EncodeWorkerData } from '../src/pool/threads/messages.ts';
import type { RequestEncoder } from '../src/encode/encode.ts';
import { createRequestEncoder } from '../src/encode/request-encoder.ts';
import { messageOf } from '../src/base/errors.ts';

/**
 * A thread of the encoder pool. Errors are sent as replies, those of loading too, because an error
 * at the top of the file would end the thread.
 */

const loaded = load(parseWorkerData(workerData));

export default function answer(message: EncodeMessage): EncodeReply {
  if ('message' in loaded) {
    return loaded;
  }
  try {
    return handle(loaded, message);
  } catch (error) {
    return toFailure(error);
  }
}

function load({ modelDir, manifest, limits }: EncodeWorkerData) {
  try {
    return createRequestEncoder({
      tokenizerPath: join(modelDir, manifest.tokenizer.file),
      expected: {
        sha256: manifest.tokenizer.sha256,
        vocabulary: manifest.blueprint.vocabulary,
      },
      template: manifest.template,
      normalize: manifest.normalize,
      limits,
    });
  } catch (error) {
    return toFailure(error);
  }
}

function handle(encoder: RequestEncoder, message: EncodeMessage): EncodeReply {
  switch (message.kind) {
    case 'encode':
      return { kind: 'encoded', outcome: encoder.encode(message.task) };
    case 'tokenize':
      return { kind: 'tokenized', ids: encoder.tokenize(message.texts) };
  }
}

function toFailure(error: unknown): Extract<EncodeReply, { kind: 'failed' }> {
  return { kind: 'failed', message: messageOf(error) };
}

/** The pool sets it; messages.ts has the type. */
function parseWorkerData(data: unknown): EncodeWorkerData {
  return data as EncodeWorkerData;
}

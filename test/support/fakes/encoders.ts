import { createDeferred, type Deferred } from '../../../src/base/deferred.ts';
import type { EncoderPool } from '../../../src/pool/encoders/encoder-pool.ts';
import type { EncodedTask, EncodeTask } from '../../../src/encode/encode.ts';

/** Encoders that answer when the test says so. */
export class FakeEncoders implements EncoderPool {
  readonly asked: { readonly task: EncodeTask; readonly reply: Deferred<EncodedTask> }[] = [];
  isClosed = false;

  warm(): Promise<void> {
    return Promise.resolve();
  }

  encode(task: EncodeTask): Promise<EncodedTask> {
    const reply = createDeferred<EncodedTask>();
    this.asked.push({ task, reply });
    return reply.promise;
  }

  tokenize(texts: readonly string[]): Promise<readonly Int32Array[]> {
    return Promise.resolve(texts.map((text) => new Int32Array(text.length)));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

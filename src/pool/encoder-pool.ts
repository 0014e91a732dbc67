import { Piscina } from 'piscina';
import { RankError } from '../errors.ts';
import type { EncodedRequest } from '../schedule/batch.ts';
import type { EncodeTask } from '../text/encode.ts';
import type { EncodeMessage, EncodeReply, EncodeWorkerData } from './messages.ts';
import type { WorkerEntry } from './worker-entry.ts';

/** Threads that turn text into token ids. */
export interface EncoderPool {
  /** Resolves once the tokenizer is loaded. @throws RankError `unavailable` when it cannot be. */
  warm(): Promise<void>;
  /** @throws RankError `invalid-argument` with its violations, or `internal`. */
  encode(task: EncodeTask): Promise<EncodedRequest>;
  /** Each text by itself. @throws RankError */
  tokenize(texts: readonly string[]): Promise<readonly Int32Array[]>;
  /** Finishes what was asked, then ends the threads. */
  close(): Promise<void>;
}

export function createEncoderPool(
  entry: WorkerEntry,
  workerData: EncodeWorkerData,
  threads: number,
): EncoderPool {
  const pool = new Piscina({
    ...entry,
    workerData,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
    recordTiming: false,
  });
  // Unheard, it would end the process; what was asked of the thread is rejected, and the next one starts by itself.
  pool.on('error', () => undefined);
  const ask = async (message: EncodeMessage): Promise<EncodeReply> =>
    // It rejects when the thread is gone, for failures come as replies. Twice, and the message is what kills it.
    parseReply(await pool.run(message).catch(() => pool.run(message)));
  const tokenize = async (texts: readonly string[]) => {
    const reply = await ask({ kind: 'tokenize', texts });
    if (reply.kind !== 'tokenized') {
      throw unexpected(reply);
    }
    return reply.ids;
  };
  return {
    tokenize,
    warm: async () => {
      await tokenize(['']).catch(refuseLoad);
    },
    encode: async (task) => {
      const reply = await ask({ kind: 'encode', task });
      if (reply.kind !== 'encoded') {
        throw unexpected(reply);
      }
      return readOutcome(reply.outcome);
    },
    close: () => pool.close(),
  };
}

function readOutcome(outcome: Extract<EncodeReply, { kind: 'encoded' }>['outcome']) {
  if (!outcome.ok) {
    const { message, violations } = outcome;
    throw new RankError('invalid-argument', message, { violations });
  }
  return outcome.encoded;
}

/** A tokenizer that does not load is no fault of ours, as one that fails later is. */
function refuseLoad(cause: unknown): never {
  throw new RankError('unavailable', RankError.from(cause).message, { cause });
}

function unexpected(reply: EncodeReply): RankError {
  const message = 'message' in reply ? reply.message : `the encoder answered '${reply.kind}'`;
  return new RankError('internal', message);
}

/** Our own worker wrote it: the type is agreed in messages.ts. */
function parseReply(reply: unknown): EncodeReply {
  return reply as EncodeReply;
}

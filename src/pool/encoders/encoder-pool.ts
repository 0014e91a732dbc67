import { Piscina } from 'piscina';
import { RankError } from '../../base/errors.ts';
import type { EncodedTask, EncodeTask } from '../../encode/encode.ts';
import { type EncoderCall, EncoderLine } from './encoder-line.ts';
import type { EncodeMessage, EncodeReply, EncodeWorkerData } from '../threads/messages.ts';
import type { WorkerEntry } from '../threads/worker-entry.ts';

/** Threads that turn text into token ids. */
export interface EncoderPool {
  /** Resolves once the tokenizer is loaded. @throws RankError `unavailable` when it cannot be. */
  warm(): Promise<void>;
  /** @throws RankError `invalid-argument` with its violations, `cancelled`, or `internal`. */
  encode(task: EncodeTask, call?: EncoderCall): Promise<EncodedTask>;
  /** Each text by itself, some at a time, so that others have their turns between. @throws RankError */
  tokenize(texts: readonly string[], call?: EncoderCall): Promise<readonly Int32Array[]>;
  /** Finishes what was asked, then ends the threads. */
  close(): Promise<void>;
}

/** Characters of texts that are tokenized at one turn, and the last text of them whole. */
const pieceCharacters = 65_536;
/** Work for each thread while it runs: the next is there when one ends. */
const placesPerThread = 2;
/** Who is not known, and stays. */
const anyone: EncoderCall = { signal: new AbortController().signal };

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
  const line = new EncoderLine(threads * placesPerThread);
  const tokenize: EncoderPool['tokenize'] = async (texts, call = anyone) => {
    const pieces = cutTexts(texts).map((piece) =>
      line.join('tokenize', call, async () =>
        readIds(await ask({ kind: 'tokenize', texts: piece })),
      ),
    );
    return (await Promise.all(pieces)).flat();
  };
  return {
    tokenize,
    warm: async () => {
      await tokenize(['']).catch(refuseLoad);
    },
    encode: async (task, call = anyone) =>
      readEncoded(await line.join('rank', call, () => ask({ kind: 'encode', task }))),
    close: async () => {
      await line.whenIdle();
      await pool.close();
    },
  };
}

function cutTexts(texts: readonly string[]): readonly (readonly string[])[] {
  const pieces: string[][] = [];
  let characters = pieceCharacters;
  for (const text of texts) {
    if (characters >= pieceCharacters) {
      pieces.push([]);
      characters = 0;
    }
    pieces.at(-1)?.push(text);
    characters += text.length;
  }
  return pieces;
}

function readIds(reply: EncodeReply): readonly Int32Array[] {
  if (reply.kind !== 'tokenized') {
    throw unexpected(reply);
  }
  return reply.ids;
}

function readEncoded(reply: EncodeReply): EncodedTask {
  if (reply.kind !== 'encoded') {
    throw unexpected(reply);
  }
  const { outcome } = reply;
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

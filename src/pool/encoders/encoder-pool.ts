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
  /**
   * Tokenizes each text by itself. Long lists are cut into pieces, between which other calls get
   * turns.
   *
   * @throws RankError `cancelled` or `internal`.
   */
  tokenize(texts: readonly string[], call?: EncoderCall): Promise<readonly Int32Array[]>;
  /** Finishes the work that is queued, then ends the threads. */
  close(): Promise<void>;
}

/** A piece of texts to tokenize ends with the text that exceeds this many characters. */
const pieceCharacters = 65_536;
/** One task that runs, and one that can start as soon as it ends. */
const placesPerThread = 2;
/** For work without a call that could be cancelled. */
const neverCancelled: EncoderCall = { signal: new AbortController().signal };

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
  // Without a listener an error would end the process. Piscina rejects the thread's task and
  // replaces it.
  pool.on('error', () => undefined);
  const ask = (message: EncodeMessage) => askTwice(pool, message);
  const line = new EncoderLine(threads * placesPerThread);
  const tokenize: EncoderPool['tokenize'] = async (texts, call = neverCancelled) => {
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
    encode: async (task, call = neverCancelled) =>
      readEncoded(await line.join('rank', call, () => ask({ kind: 'encode', task }))),
    close: async () => {
      await line.whenIdle();
      await pool.close();
    },
  };
}

/**
 * Failures arrive as replies, so a rejection means that the thread died. The message is sent once
 * more, to the thread that replaced it; a message that kills two threads is the cause itself.
 */
async function askTwice(pool: Piscina, message: EncodeMessage): Promise<EncodeReply> {
  try {
    return parseReply(await pool.run(message));
  } catch {
    return parseReply(await pool.run(message));
  }
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

/** A tokenizer that does not load is the model's fault; one that fails later is a bug. */
function refuseLoad(cause: unknown): never {
  throw new RankError('unavailable', RankError.from(cause).message, { cause });
}

function unexpected(reply: EncodeReply): RankError {
  const message = 'message' in reply ? reply.message : `the encoder answered '${reply.kind}'`;
  return new RankError('internal', message);
}

/** The worker sends it; messages.ts has the type. */
function parseReply(reply: unknown): EncodeReply {
  return reply as EncodeReply;
}

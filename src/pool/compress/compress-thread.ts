import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { RankError } from '../../base/errors.ts';
import type { SourceText } from '../../compress/compressor.ts';
import type { WorkerEntry } from '../threads/worker-entry.ts';
import type {
  AskedScores,
  CompressMessage,
  CompressReply,
  CompressWorkerData,
  GivenScores,
  MadeSummary,
} from './messages.ts';

/** Asks the ranker for margins. @throws RankError, and the signal's reason. */
export type AskRanker = (asked: AskedScores, signal: AbortSignal) => Promise<GivenScores>;

type Described = Extract<CompressReply, { kind: 'described' }>;

const poolOptions = {
  minThreads: 1,
  maxThreads: 1,
  idleTimeout: Number.POSITIVE_INFINITY,
  // A search mostly waits for the ranker; a few others go on meanwhile, and short work too.
  concurrentTasksPerWorker: 16,
  // Atomics would stop the thread's event loop, on which searches get their answers.
  atomics: 'disabled',
  recordTiming: false,
} as const;

/**
 * The one thread that makes summaries and their token ids, so that the main thread makes none. A
 * thread that dies fails what it was given and is replaced.
 */
export class CompressThread {
  readonly #pool: Piscina;

  constructor(entry: WorkerEntry, workerData: CompressWorkerData) {
    this.#pool = new Piscina({ ...entry, ...poolOptions, workerData });
    // Without a listener an error event would end the process.
    this.#pool.on('error', () => undefined);
  }

  /** Its compressors, once it has loaded. @throws RankError `unavailable` when it cannot. */
  async describe(): Promise<Described> {
    try {
      return expectKind(await this.#ask({ kind: 'describe' }), 'described');
    } catch (cause) {
      throw new RankError('unavailable', RankError.from(cause).message, { cause });
    }
  }

  /** @throws RankError `internal`, also when the thread dies. */
  async phrases(source: SourceText): Promise<MadeSummary> {
    return expectKind(await this.#ask({ kind: 'phrases', source }), 'made').made;
  }

  /** @throws RankError `internal`. */
  async encode(source: SourceText): Promise<Int32Array> {
    return expectKind(await this.#ask({ kind: 'encode', source }), 'encoded').ids;
  }

  /** @throws what `rank` throws, the signal's reason at once, and RankError `internal`. */
  async search(source: SourceText, rank: AskRanker, signal: AbortSignal): Promise<MadeSummary> {
    signal.throwIfAborted();
    const { port1: own, port2: port } = new MessageChannel();
    const failed = answerPort(own, rank, signal);
    // The thread gives up when the port closes, which nobody waits for.
    const reply = this.#ask({ kind: 'search', source, port }, [port]);
    try {
      return expectKind(await Promise.race([reply, failed]), 'made').made;
    } finally {
      own.close();
      reply.catch(() => undefined);
    }
  }

  /** Ends the thread at once, whatever it does. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask(message: CompressMessage, transferList: MessagePort[] = []): Promise<CompressReply> {
    try {
      return parseReply(await this.#pool.run(message, { transferList }));
    } catch (cause) {
      const { message: reason } = RankError.from(cause);
      throw new RankError('internal', `the thread that makes summaries: ${reason}`, { cause });
    }
  }
}

/** Answers what the thread asks. Only rejects: when the ranker fails or the signal aborts. */
function answerPort(own: MessagePort, rank: AskRanker, signal: AbortSignal): Promise<never> {
  const failed = new Promise<never>((_resolve, reject) => {
    const onAbort = () => reject(reasonOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    own.on('close', () => signal.removeEventListener('abort', onAbort));
    own.on('message', (asked: AskedScores) => {
      rank(asked, signal).then((given) => own.postMessage(given), reject);
    });
  });
  // It may fail after the reply, when nobody hears it any more.
  failed.catch(() => undefined);
  return failed;
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new RankError('cancelled', 'the work was given up');
}

function expectKind<Kind extends CompressReply['kind']>(
  reply: CompressReply,
  kind: Kind,
): Extract<CompressReply, { kind: Kind }> {
  if (reply.kind !== kind) {
    const message = reply.kind === 'failed' ? reply.message : `the thread answered '${reply.kind}'`;
    throw new RankError('internal', message);
  }
  return reply as Extract<CompressReply, { kind: Kind }>;
}

/** The worker sends it; messages.ts has the type. */
function parseReply(reply: unknown): CompressReply {
  return reply as CompressReply;
}

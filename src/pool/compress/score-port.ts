import type { MessagePort } from 'node:worker_threads';
import { at } from '../../base/at.ts';
import type { ScoreGroups } from '../../compress/compressor.ts';
import { type createGroupEncoder, sharePrefixes } from '../../compress/encode-groups.ts';
import type { EncodedRequest } from '../../batch/packed-batch.ts';
import type { AskedScores, GivenScores } from './messages.ts';

/** The thread's end of a port that leads to the ranker. A search asks one thing at a time. */
export class ScorePort {
  readonly #port: MessagePort;
  #isClosed = false;
  #waiting: { resolve(given: GivenScores): void; reject(error: Error): void } | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (given: GivenScores) => this.#waiting?.resolve(given));
    port.on('close', () => {
      this.#isClosed = true;
      this.#waiting?.reject(givenUp());
    });
  }

  /** @throws Error when the other end is closed. */
  async ask(asked: AskedScores): Promise<GivenScores> {
    if (this.#isClosed) {
      throw givenUp();
    }
    try {
      return await new Promise<GivenScores>((resolve, reject) => {
        this.#waiting = { resolve, reject };
        this.#port.postMessage(asked);
      });
    } finally {
      this.#waiting = undefined;
    }
  }

  close(): void {
    this.#port.close();
  }
}

/** Encodes groups here and has them scored at the other end of `port`. */
export function scoreBy(
  port: Pick<ScorePort, 'ask'>,
  encode: ReturnType<typeof createGroupEncoder>,
): ScoreGroups {
  return async (groups) => {
    const margins = groups.map(({ queries }) => new Float64Array(queries.length));
    const rows = groups.flatMap((group, place) =>
      encode(group).map((row, query) => ({ ...row, place, query })),
    );
    const shared = [...sharePrefixes(rows).values()];
    const given = await port.ask(shared.map(toRequest));
    shared.forEach((members, request) => {
      members.forEach(({ place, query }, row) => {
        at(margins, place)[query] = at(at(given, request), row);
      });
    });
    return margins;
  };
}

function toRequest(
  rows: readonly { readonly prefix: Int32Array; readonly ids: Int32Array }[],
): EncodedRequest {
  return {
    prefix: at(rows, 0).prefix,
    candidates: rows.map(({ ids }) => ({ ids, tokens: ids.length, truncated: false })),
  };
}

function givenUp(): Error {
  return new Error('the search was given up');
}

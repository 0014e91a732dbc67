import { RankError } from '../../base/errors.ts';

/** The call that work belongs to. The work is dropped when its signal aborts before its turn. */
export interface EncoderCall {
  readonly client?: string;
  readonly signal: AbortSignal;
}

export type EncoderWork = 'rank' | 'tokenize';
/** Ranking has precedence, but after this many of its turns in a row tokenizing gets one. */
const rankTurns = 3;

interface Turn {
  readonly begin: () => void;
}

/**
 * The queue in front of the encoder threads. Threads get only as much as they can begin soon,
 * because work that was handed to a thread cannot be cancelled. Clients take turns; each client's
 * own order is kept.
 */
export class EncoderLine {
  readonly #places: number;
  readonly #waiting: Readonly<Record<EncoderWork, Map<string, Turn[]>>> = {
    rank: new Map(),
    tokenize: new Map(),
  };
  readonly #onIdle: (() => void)[] = [];
  #running = 0;
  #rankInRow = 0;

  /** `places` is how many tasks may be with the threads. */
  constructor(places: number) {
    this.#places = places;
  }

  /** @throws RankError `cancelled` when the caller has left before its turn. */
  async join<T>(kind: EncoderWork, call: EncoderCall, work: () => Promise<T>): Promise<T> {
    await this.#turn(kind, call);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  /** Resolves once nothing waits or runs. */
  async whenIdle(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    }
  }

  #turn(kind: EncoderWork, { client = '', signal }: EncoderCall): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(gone());
        return;
      }
      const line = this.#waiting[kind];
      const leave = () => {
        const turns = line.get(client) ?? [];
        const place = turns.indexOf(turn);
        if (place >= 0) {
          turns.splice(place, 1);
          if (turns.length === 0) {
            line.delete(client);
          }
          reject(gone());
        }
      };
      const turn: Turn = {
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const turns = line.get(client);
      if (turns === undefined) {
        line.set(client, [turn]);
      } else {
        turns.push(turn);
      }
      signal.addEventListener('abort', leave, { once: true });
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < this.#places) {
      const turn = this.#takeTurn();
      if (turn === undefined) {
        break;
      }
      this.#running += 1;
      turn.begin();
    }
    if (this.#running === 0) {
      this.#onIdle.splice(0).forEach((resolve) => resolve());
    }
  }

  #takeTurn(): Turn | undefined {
    const { rank, tokenize } = this.#waiting;
    const isRank = rank.size > 0 && (tokenize.size === 0 || this.#rankInRow < rankTurns);
    this.#rankInRow = isRank ? this.#rankInRow + 1 : 0;
    return takeFirst(isRank ? rank : tokenize);
  }
}

/** Takes the first client's first task and moves the client to the end of the queue. */
function takeFirst(line: Map<string, Turn[]>): Turn | undefined {
  const [first] = line;
  if (first === undefined) {
    return undefined;
  }
  const [client, turns] = first;
  const turn = turns.shift();
  line.delete(client);
  if (turns.length > 0) {
    line.set(client, turns);
  }
  return turn;
}

function gone(): RankError {
  return new RankError('cancelled', 'the caller has gone');
}

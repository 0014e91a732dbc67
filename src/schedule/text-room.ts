import { RankError } from '../base/errors.ts';
import { FairRoom } from '../base/fair-room.ts';

/** This many characters of one client are admitted while there is any room at all. */
const guaranteedCharacters = 65_536;

/**
 * Bounds the characters of requests that need no replica (tokenizing and estimating), from
 * admission to answer, and shares the room fairly between clients.
 */
export class TextRoom {
  readonly #room: FairRoom;

  constructor(maxCharacters: number) {
    this.#room = new FairRoom(maxCharacters, guaranteedCharacters);
  }

  get held(): number {
    return this.#room.held;
  }

  /**
   * @returns a function that gives the room back; calling it again has no effect.
   * @throws RankError `overloaded`; reason QUEUE_FULL or CLIENT_SHARE.
   */
  admit(client: string, characters: number): () => void {
    const verdict = this.#room.judge(client, characters);
    const { free, most } = this.#room;
    if (verdict === 'full') {
      throw new RankError(
        'overloaded',
        `${characters} characters of text do not fit; ${free} of ${most} are free`,
        { reason: 'QUEUE_FULL' },
      );
    }
    if (verdict === 'share') {
      throw new RankError(
        'overloaded',
        `this client holds ${this.#room.heldBy(client)} characters of text and adds ${characters}; ` +
          `at most as many as it leaves free, ${free} of ${most} are free`,
        { reason: 'CLIENT_SHARE' },
      );
    }
    this.#room.take(client, characters);
    let isHeld = true;
    return () => {
      if (isHeld) {
        isHeld = false;
        this.#room.release(client, characters);
      }
    };
  }
}

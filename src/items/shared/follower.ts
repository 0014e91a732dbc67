import { at } from '../../base/at.ts';
import type { Clock } from '../../base/clock.ts';
import { createDeferred } from '../../base/deferred.ts';
import { nextMove, type WalkPace, walkPace } from './next-move.ts';
import type { LocalItems } from './local-records.ts';
import type { Change, Position } from './read-replies.ts';
import { batchItems, type RemoteItems } from './remote-items.ts';
import type { Taker } from './take-records.ts';
import { walk } from './walk.ts';

export interface FollowerParts {
  readonly local: LocalItems;
  /** On a connection of its own, because it waits for changes. */
  readonly remote: Pick<RemoteItems, 'stamps' | 'page' | 'push' | 'end' | 'check' | 'changes'>;
  readonly taker: Pick<Taker, 'take' | 'lost'>;
  readonly wanted: () => string | undefined;
  readonly clock: Clock;
  readonly pace?: WalkPace;
}

/** How long the server of the stream waits for a change. */
const waitMs = 1000;
/**
 * After a failure; after an answer without changes that came at once; and after changes: as long as
 * taking them took, this long at most, because requests share the thread. Without news it is always
 * this long: a server that lies could send changes without end.
 */
const restMs = { failure: 1000, silence: 500, changes: 20 } as const;

/**
 * Keeps the items here the same as those of the other servers: compares all at first, and then
 * takes change after change. The changes are numbered, so a gap shows, whether the stream was cut,
 * lost, emptied or set back; then all are compared again.
 */
export class Follower {
  /** Comparisons of all items that reached the end. */
  walks = 0;
  readonly #parts: FollowerParts;
  readonly #abort = new AbortController();
  readonly #closed = createDeferred<undefined>();
  #running: Promise<void> | undefined;
  #position: Position | undefined;
  /** Of the whole stream, when last heard of. */
  #knownChanges = 0;
  #walkedAtMs: number | undefined;
  #needsWalk = false;
  #lossyWalks = 0;
  #isChecked = false;
  #restUntilMs = 0;
  #endRest: () => void = () => undefined;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Changes that are still to be taken; undefined until all items were compared once. */
  get behind(): number | undefined {
    const { changes } = this.#position ?? {};
    return changes === undefined ? undefined : Math.max(0, this.#knownChanges - changes);
  }

  /** Compares all items from now on, if it has not begun yet, and again otherwise. */
  walk(): void {
    this.#needsWalk = true;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is read or written any more. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#closed.resolve(undefined);
    this.#endRest();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, pace = walkPace } = this.#parts;
    while (!this.#abort.signal.aborted) {
      const view = {
        nowMs: clock.nowMs(),
        restUntilMs: this.#restUntilMs,
        walkedAtMs: this.#walkedAtMs,
        hasPlace: this.#position !== undefined,
        needsWalk: this.#needsWalk,
        lossyWalks: this.#lossyWalks,
        isChecked: this.#isChecked,
      };
      const move = nextMove(view, pace);
      switch (move.kind) {
        case 'rest':
          await this.#rest(move.untilMs);
          break;
        case 'walk':
          await this.#walk();
          break;
        case 'check':
          await this.#check();
          break;
        case 'follow':
          await this.#follow();
      }
    }
  }

  async #rest(untilMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.at(untilMs, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The place is taken first: what changes meanwhile is read again, which changes nothing. */
  async #walk(): Promise<void> {
    const { remote, taker, clock } = this.#parts;
    const { lost } = taker;
    const end = await remote.end();
    if (end === undefined) {
      this.#fail();
      return;
    }
    this.#walkedAtMs = clock.nowMs();
    this.#needsWalk = false;
    if (await walk({ ...this.#parts, signal: this.#abort.signal })) {
      this.walks += 1;
      this.#position = end;
      this.#isChecked = true;
      this.#lossyWalks = taker.lost > lost ? this.#lossyWalks + 1 : 0;
      this.#needsWalk ||= taker.lost > lost;
    } else {
      this.#needsWalk = true;
      this.#fail();
    }
  }

  async #check(): Promise<void> {
    const position = this.#position;
    const found = position && (await this.#parts.remote.check(position));
    if (found === undefined) {
      this.#fail();
      return;
    }
    this.#knownChanges = found.changes;
    this.#isChecked = found.isThere;
    if (!found.isThere) {
      this.#position = undefined;
    }
  }

  async #follow(): Promise<void> {
    const { clock, remote } = this.#parts;
    const position = this.#position;
    const askedAtMs = clock.nowMs();
    const waited = position && remote.changes(position, waitMs);
    const changes = await Promise.race([waited, this.#closed.promise]);
    if (position === undefined || changes === undefined) {
      this.#fail();
    } else if (changes.length === 0) {
      this.#isChecked = false;
      this.#restUntilMs = askedAtMs + restMs.silence;
    } else if (changes.some(({ changes: n }, place) => n !== position.changes + place + 1)) {
      this.#position = undefined;
    } else {
      await this.#take(changes);
    }
  }

  async #take(changes: readonly Change[]): Promise<void> {
    const { taker, clock } = this.#parts;
    const startedAtMs = clock.nowMs();
    const { lost } = taker;
    const news = await taker.take(new Map(changes.map(({ id, stamp }) => [id, stamp])));
    if (news === undefined) {
      this.#fail();
      return;
    }
    this.#needsWalk ||= taker.lost > lost;
    const last = at(changes, changes.length - 1);
    this.#position = last;
    this.#knownChanges = Math.max(this.#knownChanges, last.changes);
    // More may wait: ask how many.
    this.#isChecked = changes.length < batchItems;
    const nowMs = clock.nowMs();
    const workMs = news === 0 ? restMs.changes : nowMs - startedAtMs;
    this.#restUntilMs = nowMs + Math.min(workMs, restMs.changes);
  }

  #fail(): void {
    this.#isChecked = false;
    this.#restUntilMs = this.#parts.clock.nowMs() + restMs.failure;
  }
}

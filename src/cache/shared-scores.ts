import type { Clock } from '../base/clock.ts';
import { canFollow, Flight, type Urgency } from './flight.ts';
import { follow } from './follow.ts';
import type { Score, ScoreCache, ScoresByKey } from './score-cache.ts';
import type { Claim, ScoreCall, ScoreSource } from './score-source.ts';

const noScores: ScoresByKey = new Map();

/** The scores that the servers of a fleet share. */
export interface Fleet {
  /**
   * Part of the score keys. Without the secret that it is made of, nobody can find out by trial
   * which texts were ranked.
   */
  readonly salt: string;
  /**
   * The scores of those keys that other servers have published; undefined when there is no use in
   * asking. Never rejects.
   */
  find(keys: readonly string[], call: ScoreCall): Promise<ScoresByKey> | undefined;
  /** In the background. Scores that cannot be written are dropped. */
  publish(scores: ScoresByKey): void;
}

/**
 * The score cache and the runs that are under way. A pair that another request is running is waited
 * for instead of being run again. When that run fails or leaves the pair out, one of the waiting
 * requests claims it and the others wait for that one.
 */
export class SharedScores implements ScoreSource {
  readonly #cache: ScoreCache;
  readonly #clock: Clock;
  readonly #fleet: Omit<Fleet, 'salt'> | undefined;
  /**
   * By key. A key has several when a later request could not wait for the run of an earlier one.
   */
  readonly #flights = new Map<string, readonly Flight[]>();

  /** @param fleet what other servers know; undefined if they share nothing. */
  constructor(cache: ScoreCache, clock: Clock, fleet?: Omit<Fleet, 'salt'>) {
    this.#cache = cache;
    this.#clock = clock;
    this.#fleet = fleet;
  }

  fetch(keys: readonly string[], call: ScoreCall): Promise<void> | undefined {
    if (this.#fleet === undefined) {
      return undefined;
    }
    const missing = [...new Set(keys)].filter((key) => !this.#cache.has(key));
    const unclaimed = this.findUnclaimed(missing, call);
    const asked = unclaimed.length === 0 ? undefined : this.#fleet.find(unclaimed, call);
    return asked?.then((scores) => this.#keep(scores));
  }

  lookUp(keys: readonly string[]): ScoresByKey {
    const found = new Map<string, Score>();
    for (const key of keys) {
      const score = found.get(key) ?? this.#cache.find(key);
      if (score !== undefined) {
        found.set(key, score);
      }
    }
    return found;
  }

  findUnclaimed(keys: readonly string[], urgency: Urgency): readonly string[] {
    return this.#divide(keys, urgency).own;
  }

  claim(keys: readonly string[], call: ScoreCall): Claim {
    const { own, flights } = this.#divide(keys, call);
    const following = follow(flights, call, this.#clock);
    const flight = new Flight(call);
    const leave = () => flight.leave();
    own.forEach((key) => this.#flights.set(key, [...this.#flightsOf(key), flight]));
    call.signal.addEventListener('abort', leave, { once: true });
    const finish = (scores: ScoresByKey) => {
      call.signal.removeEventListener('abort', leave);
      // Before the waiting requests wake up, so that they find the score in the cache, or no flight
      // for the pair.
      this.#remove(own, flight);
      flight.finish(scores);
    };
    return {
      keys: own,
      signal: flight.signal,
      publish: (scores) => {
        this.#keep(scores);
        finish(scores);
        this.#fleet?.publish(scores);
      },
      followed: following.done,
      release: () => {
        following.end();
        finish(noScores);
      },
    };
  }

  #keep(scores: ScoresByKey): void {
    scores.forEach((score, key) => this.#cache.keep(key, score));
  }

  #remove(keys: readonly string[], flight: Flight): void {
    for (const key of keys) {
      const others = this.#flightsOf(key).filter((each) => each !== flight);
      if (others.length === 0) {
        this.#flights.delete(key);
      } else {
        this.#flights.set(key, others);
      }
    }
  }

  #flightsOf(key: string): readonly Flight[] {
    return this.#flights.get(key) ?? [];
  }

  /** The keys that no flight scores in time for this request, and the flights for the others. */
  #divide(keys: readonly string[], urgency: Urgency) {
    const nowMs = this.#clock.nowMs();
    const own: string[] = [];
    const flights = new Set<Flight>();
    for (const key of keys) {
      // A later flight of a key is more urgent than the earlier ones.
      const flight = this.#flightsOf(key).findLast((each) => canFollow(each, urgency, nowMs));
      if (flight === undefined) {
        own.push(key);
      } else {
        flights.add(flight);
      }
    }
    return { own, flights: [...flights] };
  }
}

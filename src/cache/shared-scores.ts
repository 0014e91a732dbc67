import type { Clock } from '../base/clock.ts';
import { RankError } from '../base/errors.ts';
import { canFollow, Flight, type Landed, type Urgency } from './flight.ts';
import { follow } from './follow.ts';
import type { Score, ScoreCache } from './score-cache.ts';
import type { Collected, Execute, ScoreCall, ScoreSource } from './score-source.ts';

const none: Landed = new Map();

/**
 * Scores kept and scores on their way. A pair that another request is running is waited for rather than run again;
 * when that run fails or leaves it out, one of those who wait runs it, and the others wait for that one.
 */
export class SharedScores implements ScoreSource {
  readonly #cache: ScoreCache;
  readonly #clock: Clock;
  /** What runs now, by key; several where a later request could not wait for an earlier one's run. */
  readonly #flights = new Map<string, readonly Flight[]>();

  constructor(cache: ScoreCache, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  lookUp(keys: readonly string[]): Map<string, Score> {
    const found = new Map<string, Score>();
    for (const key of keys) {
      const score = found.get(key) ?? this.#cache.find(key);
      if (score !== undefined) {
        found.set(key, score);
      }
    }
    return found;
  }

  toRun(keys: readonly string[], urgency: Urgency): readonly string[] {
    return this.#divide(keys, urgency).own;
  }

  /** Rejects when a run of its own fails, not when another's does. */
  async collect(
    keys: readonly string[],
    found: Landed,
    call: ScoreCall,
    execute: Execute,
  ): Promise<Collected> {
    const collected = { scores: new Map(found), executed: new Set<string>() };
    const all = [...new Set(keys)];
    let lacking = all.filter((key) => !found.has(key));
    let isCut = false;
    while (lacking.length > 0 && !isCut && this.#hasTime(call, lacking.length, all.length)) {
      isCut = await this.#fly(lacking, collected, call, execute);
      lacking = lacking.filter((key) => !collected.scores.has(key));
    }
    return collected;
  }

  /** One round: runs what nobody runs, waits for the rest. True when its own run was cut short. */
  async #fly(
    lacking: readonly string[],
    { scores, executed }: { scores: Map<string, Score>; executed: Set<string> },
    call: ScoreCall,
    execute: Execute,
  ): Promise<boolean> {
    const { own, flights } = this.#divide(lacking, call);
    const following = follow(flights, call, this.#clock);
    try {
      const ownLanded = own.length > 0 ? await this.#run(own, call, execute) : none;
      const landed = [ownLanded, ...(await following.done)];
      for (const key of lacking) {
        const score = landed.find((each) => each.has(key))?.get(key);
        if (score !== undefined) {
          scores.set(key, score);
        }
      }
      own.filter((key) => ownLanded.has(key)).forEach((key) => executed.add(key));
      return ownLanded.size < own.length;
    } finally {
      following.end();
    }
  }

  async #run(keys: readonly string[], call: ScoreCall, execute: Execute): Promise<Landed> {
    const flight = new Flight(call, async (signal) => {
      const landed = await execute(keys, signal);
      landed.forEach((score, key) => this.#cache.keep(key, score));
      return landed;
    });
    keys.forEach((key) => this.#flights.set(key, [...this.#flightsOf(key), flight]));
    // The first to hear of the landing: whoever followed finds the score kept, or nobody running the pair.
    void flight.landed.then(() => this.#remove(keys, flight));
    const leave = () => flight.leave();
    call.signal.addEventListener('abort', leave, { once: true });
    try {
      return await flight.result;
    } finally {
      call.signal.removeEventListener('abort', leave);
    }
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

  #divide(keys: readonly string[], urgency: Urgency) {
    const nowMs = this.#clock.nowMs();
    const own: string[] = [];
    const flights = new Set<Flight>();
    for (const key of keys) {
      // The latest is the most urgent.
      const flight = this.#flightsOf(key).findLast((each) => canFollow(each, urgency, nowMs));
      if (flight === undefined) {
        own.push(key);
      } else {
        flights.add(flight);
      }
    }
    return { own, flights: [...flights] };
  }

  /** False when the deadline has passed and a partial answer will do. */
  #hasTime({ signal, deadlineAtMs, partialOk }: ScoreCall, lacking: number, all: number): boolean {
    if (signal.aborted) {
      throw new RankError('cancelled', 'the caller has gone');
    }
    if (this.#clock.nowMs() < deadlineAtMs) {
      return true;
    }
    if (partialOk) {
      return false;
    }
    throw new RankError(
      'deadline-exceeded',
      `the deadline passed with ${all - lacking} of ${all} candidates scored; the rest ran for an equal request`,
    );
  }
}

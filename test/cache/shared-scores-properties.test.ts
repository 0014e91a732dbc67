import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canFollow, Flight } from '../../src/cache/flight.ts';
import type { RankProgress } from '../../src/pipeline/stages/progress.ts';
import { settle } from '../support/fakes/clock.ts';
import { fakeScore, setUpShared, type SharedRun } from '../support/fakes/shared-scores.ts';

const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 });
const place = fc.nat(20);
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      keys,
      timeoutMs: fc.constantFrom(10, 30, 100, 1_000),
      partialOk: fc.boolean(),
      priority: fc.constantFrom('interactive' as const, 'deferrable' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('land' as const), place }) },
  fc.record({ kind: fc.constant('fail' as const), place }),
  fc.record({ kind: fc.constant('leave' as const), place }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 50) }),
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

interface Asked {
  readonly ask: Extract<Event, { kind: 'ask' }>;
  readonly caller: AbortController;
  outcomes: number;
  answer: RankProgress | undefined;
}

/** Plays the events. Like the scheduler's, runs end at their deadlines and when aborted. */
class Play {
  readonly #setUp = setUpShared();
  readonly asked: Asked[] = [];
  readonly #watched = new Set<SharedRun>();

  get runs(): readonly SharedRun[] {
    return this.#setUp.runs;
  }

  async step(event: Event): Promise<void> {
    switch (event.kind) {
      case 'ask':
        this.#ask(event);
        break;
      case 'land':
      case 'fail':
        this.#pick(event.place)?.[event.kind]();
        break;
      case 'leave':
        this.asked[event.place % Math.max(1, this.asked.length)]?.caller.abort();
        break;
      case 'wait':
        await this.#setUp.clock.advance(event.ms);
        break;
    }
    await settle();
    this.#watchRuns();
    await settle();
  }

  /** Lands all that is running, until nothing is. */
  async finish(): Promise<void> {
    while (this.runs.some((run) => !run.isOver)) {
      this.runs.filter((run) => !run.isOver).forEach((run) => run.land());
      await settle();
    }
    await this.#setUp.clock.advance(10_000);
  }

  #pick(at: number): SharedRun | undefined {
    const running = this.runs.filter((run) => !run.isOver);
    return running[at % Math.max(1, running.length)];
  }

  #ask(ask: Asked['ask']): void {
    const caller = new AbortController();
    const one: Asked = { ask, caller, outcomes: 0, answer: undefined };
    this.asked.push(one);
    const { keys: own, ...call } = ask;
    const note = (answer?: RankProgress) => {
      one.outcomes += 1;
      one.answer = answer;
    };
    this.#setUp.ask(own, { ...call, signal: caller.signal }).then(note, () => note());
  }

  #watchRuns(): void {
    for (const run of this.runs.filter((each) => !this.#watched.has(each))) {
      this.#watched.add(run);
      this.#assertNeeded(run);
      const end = () => {
        if (!run.isOver) {
          run.fail();
        }
      };
      run.signal.addEventListener('abort', end);
      this.#setUp.clock.at(run.call.deadlineAtMs, run.call.partialOk ? () => run.land([]) : end);
    }
  }

  /** No pair is run while one is running that its request could have waited for. */
  #assertNeeded(run: SharedRun): void {
    const nowMs = this.#setUp.clock.nowMs();
    const running = this.runs.slice(0, this.runs.indexOf(run)).filter((each) => !each.isOver);
    for (const other of running.filter(({ signal }) => !signal.aborted)) {
      const flight = new Flight(other.call);
      const shared = other.keys.filter((key) => run.keys.includes(key));
      expect(canFollow(flight, run.call, nowMs) ? shared : []).toEqual([]);
    }
  }
}

test('in any order of events, each request ends once with the scores of a run, and no pair runs twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
      const play = new Play();
      for (const each of events) {
        await play.step(each);
      }
      await play.finish();
      for (const { ask, outcomes, answer } of play.asked) {
        expect(outcomes).toBe(1);
        const scores = [...(answer?.scores ?? [])];
        expect(scores).toEqual(scores.map(([key]) => [key, fakeScore(key)]));
        const isWhole = ask.keys.every((key) => answer?.scores.has(key));
        expect(answer === undefined || isWhole || ask.partialOk).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

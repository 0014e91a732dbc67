import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Admission } from '../../src/schedule/admission.ts';
import { createCostModel } from '../../src/schedule/costs/cost.ts';
import { createPolicy } from '../../src/schedule/policy/policy.ts';
import type { ScheduleResult } from '../../src/schedule/queue/request.ts';
import { Scheduler } from '../../src/schedule/scheduler.ts';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import {
  type FakeRun,
  FakeRunner,
  fakeLogits,
  fakePack,
  fakeRequest,
} from '../support/fakes/runner.ts';

const tokenBudget = 100;
const idsPerRequest = 1_000;

/** Events of a server, in any order. */
const anyEvent = fc.oneof(
  fc.record({
    kind: fc.constant('arrive' as const),
    lengths: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 30 }),
    prefix: fc.integer({ min: 0, max: 40 }),
    timeoutMs: fc.integer({ min: 0, max: 60 }),
    partialOk: fc.boolean(),
    client: fc.constantFrom('a', 'b', 'c'),
    priority: fc.constantFrom('interactive' as const, 'deferrable' as const),
  }),
  fc.record({
    kind: fc.constantFrom(
      'finish' as const,
      'crash' as const,
      'error' as const,
      'out-of-memory' as const,
    ),
    replica: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({ kind: fc.constant('finish' as const), replica: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant('cancel' as const), request: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20 }) }),
);
type Event = typeof anyEvent extends fc.Arbitrary<infer Value> ? Value : never;

const arrival = { kind: 'arrive', client: 'c', priority: 'interactive' } as const;
/**
 * The second deadline passes before the busy replica is free: once an endless loop of empty
 * batches.
 */
const dueBeforeFree: Event[] = [
  { kind: 'pass', ms: 17 },
  {
    ...arrival,
    lengths: [18, 46, 13, 2, 94, 9, 38, 99, 22, 43, 39],
    prefix: 15,
    timeoutMs: 42,
    partialOk: false,
  },
  {
    ...arrival,
    client: 'b',
    lengths: [9, 54, 56, 37, 70, 54, 14, 98, 42, 118],
    prefix: 34,
    timeoutMs: 10,
    partialOk: true,
  },
];

class World {
  readonly clock = new FakeClock();
  readonly admission = new Admission({ candidates: 60, tokens: 2_000 }, (tokens) => tokens, {
    predict: (call, size, unscheduled) => this.#scheduler.predict(call, size, unscheduled),
    advise: (call, size, unscheduled) => this.#scheduler.advise(call, size, unscheduled),
  });
  readonly runs: FakeRun[] = [];
  readonly endings: string[][] = [];
  readonly problems: string[] = [];
  readonly #callers: AbortController[] = [];
  readonly #scheduler = new Scheduler({
    policy: createPolicy({
      tokenBudget,
      lingerMs: 3,
      attentionGroups: 4,
      shareTokens: 25,
      agingMs: 20,
      deferrableWaitMs: 40,
    }),
    pack: fakePack,
    cost: createCostModel(),
    buckets: [10, 20, 40, 80],
    clock: this.clock,
  });
  /** Unfinished runs of each ready replica, oldest first. */
  readonly #replicas = [0, 1, 2].map((slot) => ({ runner: this.#newRunner(slot), done: 0 }));

  constructor() {
    this.#offer();
  }

  async play(event: Event): Promise<void> {
    switch (event.kind) {
      case 'arrive':
        this.#arrive(event);
        break;
      case 'cancel':
        this.#callers[event.request]?.abort();
        break;
      case 'pass':
        await this.clock.advance(event.ms);
        break;
      case 'finish':
      case 'crash':
      case 'error':
      case 'out-of-memory':
        this.#endRun(event.replica, event.kind);
    }
    await settle();
  }

  /** Finishes all runs, for long enough that no request is left. */
  async finishAll(): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      for (const slot of [0, 1, 2]) {
        this.#endRun(slot, 'finish');
      }
      await this.clock.advance(1);
    }
  }

  #newRunner(slot: number): FakeRunner {
    const runner = new FakeRunner(`cpu#${slot}`);
    const run = runner.run.bind(runner);
    runner.run = (batch) => {
      const outcome = run(batch);
      this.runs.push(runner.last);
      return outcome;
    };
    return runner;
  }

  #offer(): void {
    this.#scheduler.setReplicas(
      this.#replicas.map(({ runner }) => runner),
      0,
    );
  }

  #endRun(slot: number, how: 'finish' | 'crash' | 'error' | 'out-of-memory'): void {
    const replica = this.#replicas[slot];
    const run = replica?.runner.runs[replica.done];
    if (replica === undefined || run === undefined) {
      return;
    }
    if (how !== 'crash') {
      replica.done += 1;
      if (how === 'finish') {
        run.finish();
      } else {
        run.fail(how === 'error' ? 'internal' : how);
      }
      return;
    }
    const lost = replica.runner.runs.slice(replica.done);
    replica.runner = this.#newRunner(slot);
    replica.done = 0;
    this.#offer();
    lost.forEach((one) => one.fail('replica-failed'));
  }

  #arrive({ lengths, prefix, timeoutMs, ...event }: Extract<Event, { kind: 'arrive' }>): void {
    const place = this.endings.length;
    const ends: string[] = [];
    this.endings.push(ends);
    const caller = new AbortController();
    this.#callers.push(caller);
    const request = fakeRequest(lengths, { prefix, firstId: place * idsPerRequest });
    const packedTokens = lengths.reduce((sum, length) => sum + length, prefix);
    const deadlineAtMs = this.clock.nowMs() + timeoutMs;
    const { client, priority, partialOk } = event;
    const call = { client, priority, partialOk, deadlineAtMs, signal: caller.signal };
    let permit: ReturnType<Admission['admit']>;
    try {
      permit = this.admission.admit({ candidates: lengths.length, packedTokens }, call);
    } catch {
      ends.push('rejected');
      return;
    }
    this.#scheduler
      .schedule(request, call)
      .finally(() => permit.release())
      .then(
        (result) => {
          ends.push(result.complete ? 'scored' : 'partial');
          this.#check(place, result, partialOk);
        },
        (error: unknown) => ends.push(String(error)),
      );
  }

  #check(place: number, result: ScheduleResult, partialOk: boolean): void {
    const isWhole = result.scored.every((scored) => scored === 1);
    if (isWhole !== result.complete || !(isWhole || partialOk)) {
      this.problems.push(`request ${place} is whole: ${isWhole}, complete: ${result.complete}`);
    }
    result.scored.forEach((scored, index) => {
      const own = result.logits.slice(2 * index, 2 * index + 2);
      const due = scored ? Float32Array.from(fakeLogits(place * idsPerRequest + index)) : [0, 0];
      if (own[0] !== due[0] || own[1] !== due[1]) {
        this.problems.push(`request ${place} has the logits ${own.join()} for candidate ${index}`);
      }
    });
  }
}

test('in any order of events, each request ends once, has the right scores and releases its permit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 40 }), async (events) => {
      const world = new World();
      for (const event of events) {
        await world.play(event);
      }
      await world.finishAll();
      expect(world.problems).toEqual([]);
      expect(world.endings.map((ends) => ends.length)).toEqual(world.endings.map(() => 1));
      expect(world.admission.held).toEqual({ candidates: 0, tokens: 0 });
      expect(world.clock.timers).toBe(0);
      for (const run of world.runs) {
        const ids = run.ids.flat();
        expect(new Set(ids).size).toBe(ids.length);
        expect(run.packedTokens <= tokenBudget || ids.length === 1).toBe(true);
        expect(run.parts.length).toBe(
          new Set(run.ids.map(([id = 0]) => Math.floor(id / 1_000))).size,
        );
      }
    }),
    { numRuns: 150, examples: [[dueBeforeFree]] },
  );
});

test('without faults, each candidate runs once', async () => {
  const calmEvents = anyEvent.filter(
    ({ kind }) => kind === 'arrive' || kind === 'finish' || kind === 'pass',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(calmEvents, { maxLength: 40 }), async (events) => {
      const world = new World();
      for (const event of events) {
        await world.play(event);
      }
      await world.finishAll();
      const ids = world.runs.flatMap((run) => run.ids.flat());
      expect(ids.length).toBe(new Set(ids).size);
    }),
    { numRuns: 50 },
  );
});

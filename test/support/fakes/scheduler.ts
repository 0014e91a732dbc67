import { at } from '../../../src/base/at.ts';
import type { Call } from '../../../src/domain/call.ts';
import type { PriorityClass, Tell } from '../../../src/domain/events.ts';
import { createCostModel, type CostModel } from '../../../src/schedule/costs/cost.ts';
import { ArrivalPace } from '../../../src/schedule/policy/linger.ts';
import { createPolicy, type PolicyLimits } from '../../../src/schedule/policy/policy.ts';
import { Scheduler } from '../../../src/schedule/scheduler.ts';
import { FakeClock } from './clock.ts';
import { FakeRunner, fakeLogits, fakePack, fakeRequest } from './runner.ts';

const limits: PolicyLimits = {
  tokenBudget: 100,
  lingerMs: 0,
  attentionGroups: 4,
  shareTokens: 25,
  agingMs: 1e9,
  deferrableWaitMs: Number.POSITIVE_INFINITY,
};

/** An interactive call of a nameless client without a deadline. */
export function anyCall(changed: Partial<Call> = {}): Call {
  return {
    client: '',
    priority: 'interactive',
    deadlineAtMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    partialOk: false,
    ...changed,
  };
}

/** So frequent that a batch lingers as long as it may. */
function frequentArrivals(nowMs: number): ArrivalPace {
  const arrivals = new ArrivalPace();
  [nowMs, nowMs, nowMs].forEach((momentMs) => arrivals.arrive(momentMs));
  return arrivals;
}

/** A scheduler whose clock and replicas the test moves; `rank` enters a request. */
export function setUpScheduler({
  replicas = 1,
  tell,
  cost = createCostModel(),
  ...changed
}: Partial<PolicyLimits> & { replicas?: number; tell?: Tell; cost?: CostModel } = {}) {
  const clock = new FakeClock();
  const runners = Array.from({ length: replicas }, (_, i) => new FakeRunner(`cpu#${i}`));
  const scheduler = new Scheduler({
    policy: createPolicy({ ...limits, ...changed }),
    pack: fakePack,
    cost,
    buckets: [10, 20, 40],
    clock,
    arrivals: frequentArrivals(clock.nowMs()),
    ...(tell === undefined ? {} : { tell }),
  });
  scheduler.setReplicas(runners, 0);
  const rank = (
    lengths: readonly number[],
    {
      timeoutMs = 10_000,
      partialOk = false,
      signal = new AbortController().signal,
      firstId = 0,
      client = '',
      priority = 'interactive',
      isSpareWork = false,
    }: {
      timeoutMs?: number;
      partialOk?: boolean;
      signal?: AbortSignal;
      firstId?: number;
      client?: string;
      priority?: PriorityClass;
      isSpareWork?: boolean;
    } = {},
  ) => {
    const deadlineAtMs = clock.nowMs() + timeoutMs;
    const call = { deadlineAtMs, partialOk, signal, client, priority, isSpareWork };
    const outcome = scheduler.schedule(fakeRequest(lengths, { firstId }), call);
    outcome.catch(() => undefined);
    return outcome;
  };
  return { clock, scheduler, runners, runner: at(runners, 0), rank };
}

export const times = (count: number, length: number) => new Array<number>(count).fill(length);
export const logitsOf = (...ids: number[]) => Float32Array.from(ids.flatMap(fakeLogits));

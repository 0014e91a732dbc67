import { createCostModel } from '../../src/schedule/cost.ts';
import { createPolicy, type PolicyLimits } from '../../src/schedule/policy.ts';
import { Scheduler } from '../../src/schedule/scheduler.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeRunner, fakeLogits, fakePack, fakeRequest } from './fake-runner.ts';

const limits: PolicyLimits = { tokenBudget: 100, lingerMs: 0, attentionGroups: 4, shareTokens: 25 };

/** A scheduler whose clock and replicas the test moves; `rank` enters a request. */
export function setUpScheduler({
  replicas = 1,
  ...changed
}: Partial<PolicyLimits> & { replicas?: number } = {}) {
  const clock = new FakeClock();
  const runners = Array.from({ length: replicas }, (_, i) => new FakeRunner(`cpu#${i}`));
  const scheduler = new Scheduler({
    policy: createPolicy({ ...limits, ...changed }),
    pack: fakePack,
    cost: createCostModel(),
    buckets: [10, 20, 40],
    clock,
  });
  scheduler.setReplicas(runners, 0);
  const rank = (
    lengths: readonly number[],
    {
      timeoutMs = 10_000,
      partialOk = false,
      signal = new AbortController().signal,
      firstId = 0,
    } = {},
  ) => {
    const call = { deadlineMs: clock.nowMs() + timeoutMs, partialOk, signal };
    const outcome = scheduler.schedule(fakeRequest(lengths, { firstId }), call);
    outcome.catch(() => undefined);
    return outcome;
  };
  return { clock, scheduler, runners, runner: runners[0] ?? new FakeRunner(), rank };
}

export const times = (count: number, length: number) => new Array<number>(count).fill(length);
export const logitsOf = (...ids: number[]) => Float32Array.from(ids.flatMap(fakeLogits));

import { Replica } from '../../../src/pool/replica.ts';
import { FakeClock, settle } from './clock.ts';
import { fakePack } from './runner.ts';
import { type FakeThread, fakeThreads } from './thread.ts';

const slot = { name: 'cpu#0', provider: 'cpu', deviceId: 0, threads: 1 } as const;
/** An empty batch. */
export const batch = () => fakePack([]);

/** A replica on fake threads, with two warm-ups; nothing is loaded. */
export function setUp(predictMs: () => number = () => 5) {
  const clock = new FakeClock();
  const { threads, openThread } = fakeThreads();
  const phases: string[] = [];
  const warmedTokens: number[] = [];
  const replica = new Replica(slot, {
    openThread,
    warmUps: [40, 20].map((packedTokens) => ({ packedTokens, slots: 0, pack: batch })),
    backOff: { firstMs: 100, mostMs: 500, failures: 2, quarantineMs: 60_000 },
    clock,
    predictMs,
    onPhase: ({ state }) => phases.push(state.phase),
    onWarmUp: ({ packedTokens }) => warmedTokens.push(packedTokens),
  });
  const thread = (place: number): FakeThread => {
    const one = threads[place];
    if (one === undefined) {
      throw new Error(`only ${threads.length} threads were opened`);
    }
    return one;
  };
  return { clock, threads, thread, phases, warmedTokens, replica };
}

export async function answerLoad(thread: FakeThread): Promise<void> {
  thread.answer({ kind: 'loaded' });
  await settle();
  thread.answerRun();
  await settle();
  thread.answerRun();
  await settle();
}

export async function setUpReady(predictMs?: () => number) {
  const parts = setUp(predictMs);
  const started = parts.replica.start();
  await answerLoad(parts.thread(0));
  await started;
  const { state } = parts.replica;
  if (state.phase !== 'ready') {
    throw new Error(`is ${state.phase}`);
  }
  return { ...parts, runner: state.runner };
}

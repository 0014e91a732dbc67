import { describe, expect, test } from '@jest/globals';
import { settle } from '../support/fakes/clock.ts';
import { answerLoad, batch, setUpReady } from '../support/fakes/replica-set-up.ts';

describe('quarantine', () => {
  test('closes the thread after its last batch, until the slot is started again', async () => {
    const { clock, thread, phases, replica, runner } = await setUpReady();
    const outcome = runner.run(batch());
    await replica.quarantine('a fan is loud');
    expect(thread(0).end).toBe('closed');
    thread(0).answerRun(1, 2);
    expect(await outcome).toMatchObject({ ok: true });
    await clock.advance(1_000_000);
    expect(replica.describe()).toMatchObject({ phase: 'quarantined', reason: 'a fan is loud' });
    const started = replica.start();
    await answerLoad(thread(1));
    await started;
    expect(phases.slice(-3)).toEqual(['quarantined', 'loading', 'ready']);
  });

  async function runNotFinite({ thread, runner }: Awaited<ReturnType<typeof setUpReady>>) {
    for (let times = 0; times < 3; times++) {
      const outcome = runner.run(batch());
      thread(0).answerRun(Number.NaN, 2);
      await outcome;
    }
  }

  test('follows batches without finite logits if a warm-up has none either', async () => {
    const parts = await setUpReady();
    await runNotFinite(parts);
    expect(parts.thread(0).unanswered).toBe(1);
    parts.thread(0).answerRun(Number.NaN, 1);
    await settle();
    expect(parts.replica.describe()).toMatchObject({
      phase: 'quarantined',
      reason: 'gave logits that are not finite in 3 batches and a warm-up',
    });
    expect(parts.thread(0).end).toBe('closed');
    await parts.clock.advance(60_000);
    await answerLoad(parts.thread(1));
    expect(parts.replica.state.phase).toBe('ready');
  });

  test('does not follow if the warm-up is fine, since the requests are at fault', async () => {
    const parts = await setUpReady();
    await runNotFinite(parts);
    parts.thread(0).answerRun(1, 2);
    await settle();
    expect(parts.replica.state.phase).toBe('ready');
  });
});

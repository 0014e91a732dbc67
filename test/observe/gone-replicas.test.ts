import { expect, test } from '@jest/globals';
import type { ServingEvent } from '../../src/domain/events.ts';
import { countEvents } from '../../src/observe/metrics/metrics.ts';
import { MetricRegistry } from '../../src/observe/metrics/registry.ts';
import { sampleOf } from '../support/serving/exposition.ts';
import { batchRun } from '../support/serving/events.ts';

const phaseOf = (replica: string, phase: 'loading' | 'ready' | 'draining' | 'closed') =>
  ({ kind: 'replica', replica, phase, reason: undefined }) as const;
const lost = (replica: string) => ({ kind: 'batch-failed', replica, reason: 'lost' }) as const;

function setUp() {
  const registry = new MetricRegistry({ replicas: ['cpu#0', 'cpu#1'], buckets: [32, 64] });
  const tell = countEvents(registry);
  const text = async (...events: readonly ServingEvent[]) => {
    events.forEach(tell);
    return await registry.text();
  };
  return { registry, text };
}

/** All events for which a replica has series. */
const lifeOf = (replica: string): readonly ServingEvent[] => [
  phaseOf(replica, 'loading'),
  phaseOf(replica, 'ready'),
  batchRun({ replica }),
  lost(replica),
  phaseOf(replica, 'draining'),
];

test('closing a replica removes its series and no others', async () => {
  const { text } = setUp();
  const before = await text(...lifeOf('cpu#1'), ...lifeOf('cpu#7'));
  expect(before.match(/replica="cpu#1"/g)?.length).toBeGreaterThan(20);
  const after = await text(phaseOf('cpu#1', 'closed'), phaseOf('cpu#7', 'closed'));
  expect(after).not.toMatch(/replica="cpu#[17]"/);
  const others = /^.*replica="cpu#0".*$/gm;
  expect(after.match(others)).toEqual(before.match(others));
});

test('a hundred resizes add no series', async () => {
  const { text } = setUp();
  const before = (await text()).split('\n').length;
  for (let slot = 2; slot < 102; slot++) {
    await text(...lifeOf(`cpu#${slot}`), phaseOf(`cpu#${slot}`, 'closed'));
  }
  expect((await text()).split('\n')).toHaveLength(before);
});

test('a slot that is added again counts from 0, and another model adds no series of removed slots', async () => {
  const { text } = setUp();
  await text(...lifeOf('cpu#1'), phaseOf('cpu#1', 'closed'));
  const model = { model: 'm', fingerprint: 'f', precision: 'fp32', buckets: [128] };
  expect(await text({ kind: 'model', ...model })).not.toContain('replica="cpu#1"');
  const back = await text(phaseOf('cpu#1', 'ready'), batchRun({ replica: 'cpu#1' }));
  expect(sampleOf(back, 'slmrank_batches_total{replica="cpu#1",bucket="64"}')).toBe(1);
  expect(sampleOf(back, 'slmrank_replica_phase{replica="cpu#1",phase="ready"}')).toBe(1);
});

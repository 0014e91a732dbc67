import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { createObserver, type ObserverOptions } from '../../src/observe/observer.ts';
import { sampleOf } from '../support/serving/exposition.ts';
import { ended } from '../support/serving/events.ts';

const quiet = () => undefined;

function options(change: Partial<ObserverOptions> = {}): ObserverOptions {
  return {
    replicas: ['cpu#0'],
    buckets: [32],
    build: { version: '1', model: 'tiny', fingerprint: 'ab', precision: 'fp32', provider: 'cpu' },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    clock: { nowMs: () => 0 },
    env: {},
    ...change,
  };
}

test('events are counted, and watched values are read', async () => {
  const observer = await createObserver(options());
  observer.tell(ended());
  observer.watch('slmrank_open_calls', () => 4);
  observer.watchReasons('slmrank_calls_refused_total', () => new Map([['STALLED', 2]]));
  const text = await observer.metrics();
  await observer.close();
  expect(sampleOf(text, 'slmrank_calls_refused_total{reason="STALLED"}')).toBe(2);
  expect(sampleOf(text, 'slmrank_calls_refused_total{reason="TOO_MANY_CALLS"}')).toBe(0);
  expect(sampleOf(text, 'slmrank_candidates_scored_total')).toBe(10);
  expect(sampleOf(text, 'slmrank_open_calls')).toBe(4);
  expect(sampleOf(text, 'slmrank_held_bytes')).toBeUndefined();
});

test('a listener that throws does not affect the request or other listeners, and is logged once', async () => {
  const errors: unknown[] = [];
  const throwing = () => {
    throw new Error('disk full');
  };
  const observer = await createObserver(
    options({
      log: {
        debug: quiet,
        info: throwing,
        warn: quiet,
        error: (...line: unknown[]) => errors.push(line),
      },
    }),
  );
  const refused = ended({ outcome: 'rejected', reason: 'QUEUE_FULL' });
  observer.tell(refused);
  observer.tell({ kind: 'replica', replica: 'cpu#0', phase: 'ready', reason: undefined });
  const text = await observer.metrics();
  await observer.close();
  expect(sampleOf(text, 'slmrank_rejects_total{reason="QUEUE_FULL"}')).toBe(1);
  expect(sampleOf(text, 'slmrank_replica_phase{replica="cpu#0",phase="ready"}')).toBe(1);
  expect(errors).toMatchObject([
    [{ kind: 'ended' }, 'a serving event was not observed; this is a bug'],
  ]);
});

test('the OpenTelemetry SDK is not loaded without an endpoint for traces', () => {
  const observer = new URL('../../src/observe/observer.ts', import.meta.url).href;
  const program = `
    import { createRequire } from 'node:module';
    const { createObserver } = await import(${JSON.stringify(observer)});
    const none = () => undefined;
    await createObserver({
      replicas: [], buckets: [], env: {}, clock: { nowMs: () => 0 },
      build: { version: '1', model: 'm', fingerprint: 'f', precision: 'fp32', provider: 'cpu' },
      log: { debug: none, info: none, warn: none, error: none },
    });
    const loaded = Object.keys(createRequire(${JSON.stringify(observer)}).cache);
    console.log(JSON.stringify(loaded.filter((file) => /prom-client|sdk-trace|otlp/.test(file))));
  `;
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: new URL('../..', import.meta.url).pathname },
  );
  const loaded = JSON.parse(output) as string[];
  expect(loaded.some((file) => file.includes('prom-client'))).toBe(true);
  expect(loaded.filter((file) => !file.includes('prom-client'))).toEqual([]);
});

test('a new model changes the build info, and its buckets have series at 0 beside the old ones', async () => {
  const observer = await createObserver(options());
  const fingerprint = 'cd'.repeat(32);
  observer.tell({
    kind: 'model',
    model: 'next',
    fingerprint,
    precision: 'fp16',
    buckets: [32, 48],
  });
  const text = await observer.metrics();
  await observer.close();
  expect(text.match(/^slmrank_build_info\{.*$/gm)).toEqual([
    expect.stringContaining('model="next",fingerprint="cdcdcdcdcdcd",precision="fp16"'),
  ]);
  for (const bucket of [32, 48]) {
    const labels = `{replica="cpu#0",bucket="${bucket}"}`;
    expect(sampleOf(text, `slmrank_batches_total${labels}`)).toBe(0);
    expect(sampleOf(text, `slmrank_batch_run_seconds_count{bucket="${bucket}"}`)).toBe(0);
  }
});

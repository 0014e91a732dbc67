import { describe, expect, test } from '@jest/globals';
import {
  findHindrance,
  openObservation,
  type ServingState,
} from '../../../src/cli/serve/observation.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { createDeferred } from '../../../src/base/deferred.ts';
import { sampleOf } from '../../support/serving/exposition.ts';
import { replicaDescription } from '../../support/fakes/pipeline.ts';
import { testManifest } from '../../support/serving/test-server.ts';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

function open(metricsAddress: string) {
  const config = parseConfig({}, ['--metrics-address', metricsAddress, '--devices', 'cpu:2'], 2);
  return openObservation({ config, manifest: testManifest, version: '1.2.3', log, env: {} });
}

function replica(phase: 'loading' | 'ready' | 'draining' | 'failed') {
  return replicaDescription({ phase });
}

describe('openObservation', () => {
  test('answers while the model loads, and is ready when it is warm', async () => {
    const observation = await open('127.0.0.1:0');
    const get = (path: string) => fetch(`http://${observation.address ?? ''}${path}`);
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/livez')).status).toBe(200);

    const { promise: ready, resolve } = createDeferred<undefined>();
    let isStopping = false;
    observation.follow({
      server: { isStopping: () => isStopping },
      pipeline: { replicas: () => [replica('ready')] },
      ready,
    });
    expect((await get('/readyz')).status).toBe(503);
    resolve(undefined);
    await ready;
    expect((await get('/readyz')).status).toBe(200);
    isStopping = true;
    expect((await get('/readyz')).status).toBe(503);

    const metrics = await (await get('/metrics')).text();
    await observation.close();
    expect(sampleOf(metrics, 'slmrank_replica_phase{replica="cpu#1",phase="ready"}')).toBe(0);
    expect(sampleOf(metrics, 'slmrank_batch_run_seconds_count{bucket="32"}')).toBe(0);
    expect(metrics).toMatch(/slmrank_build_info\{version="1\.2\.3",model="tiny",.*\} 1/);
    await expect(get('/livez')).rejects.toThrow();
  });

  test('opens no port when it is off', async () => {
    const observation = await open('off');
    await observation.close();
    expect(observation.address).toBeUndefined();
  });
});

test.each<[Partial<ServingState>, string | undefined]>([
  [{}, undefined],
  [{ isWarm: false }, 'starting: the model is not warm yet'],
  [{ isStopping: () => true, isWarm: false }, 'draining'],
  [
    { replicas: () => [replica('failed'), replica('loading')] },
    'no replica is ready: cpu#0 failed, cpu#0 loading',
  ],
  [{ replicas: () => [replica('failed'), replica('ready')] }, undefined],
])('findHindrance of %p is %p', (change, hindrance) => {
  const serving = { isStopping: () => false, isWarm: true, replicas: () => [replica('ready')] };
  expect(findHindrance({ ...serving, ...change })).toBe(hindrance);
});

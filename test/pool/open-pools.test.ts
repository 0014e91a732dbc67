import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/base/clock.ts';
import type { DeviceSlot } from '../../src/config/config.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import { openReplicas } from '../../src/pool/open-pools.ts';
import { createCostModel } from '../../src/schedule/costs/cost.ts';
import { testManifest } from '../support/serving/test-server.ts';
import { testConfig } from '../support/models/tiny-pipeline.ts';

const cuda: DeviceSlot = { name: 'cuda:0', provider: 'cuda', deviceId: 0, threads: 1 };
const cpu: DeviceSlot = { name: 'cpu#0', provider: 'cpu', deviceId: 0, threads: 1 };

const { cpu: cpuGraphs } = testManifest.graphs;
const both = { cpu: cpuGraphs, cuda: cpuGraphs };

function open(precision: Manifest['precision'], device: DeviceSlot) {
  return openReplicas({
    config: testConfig({ devices: [device] }),
    manifest: {
      ...testManifest,
      precision,
      graphs: precision === 'int8' ? { cpu: cpuGraphs } : both,
    },
    clock: systemClock,
    cost: createCostModel(),
    onOffer: () => undefined,
  });
}

describe('device slots', () => {
  it('of CUDA refuse an int8 model and name the command for another build', () => {
    expect(() => open('int8', cuda)).toThrow(
      / is built in int8, for CPUs; slmrank model build --precision fp16/,
    );
  });

  it.each([
    ['int8', cpu],
    ['fp32', cuda],
    ['fp16', cuda],
  ] as const)('take %s otherwise', async (precision, device) => {
    const replicas = open(precision, device);
    expect(replicas.describe().map(({ deviceSlot }) => deviceSlot)).toEqual([device.name]);
    await replicas.drain();
  });
});

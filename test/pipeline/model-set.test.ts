import { execFileSync } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDeviceSlots } from '../../src/config/device-slots.ts';
import { verifyModel } from '../../src/model/verified-model.ts';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import { buildHfTiny } from '../support/checkpoints/hf-tiny.ts';
import { setUpModels } from '../support/serving/model-set-up.ts';
import { noDeadline, testRequest } from '../support/models/tiny-pipeline.ts';

const quiet = () => undefined;
let root: string;
let folder: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'slmrank-models-'));
  folder = join(root, 'llama');
  await buildHfTiny('llama', folder);
});
afterAll(() => rm(root, { recursive: true }));

/** Resolves when the set has opened its second model, after checking its files. */
async function opened(models: readonly unknown[]): Promise<void> {
  while (models.length < 2) {
    await settle();
  }
}

describe('a new model', () => {
  test('gets new requests once it is warm, while the old one finishes its requests', async () => {
    const { set, models, model, shifts } = await setUpModels();
    model(0).pipeline.holds = true;
    const early = set.current().pipeline.rank(testRequest('q', ['a']), noDeadline());
    const steps: string[] = [];
    const loaded = set.load(folder, (step) => steps.push(step));
    await opened(models);
    expect(set.current().manifest.name).toBe('tiny');
    expect(set.view()).toMatchObject({ change: `loading ${folder}`, drainingModels: 1 });
    model(1).pipeline.becomeWarm();
    await settle();
    await settle();
    expect(set.current()).toMatchObject({ manifest: { name: 'llama' } });
    expect(shifts).toEqual(['llama']);
    // The old model still answers its request.
    model(0).hasSpareTime = false;
    expect([set.hasSpareTime(), set.isIdle()]).toEqual([false, false]);
    await set.current().pipeline.rank(testRequest('q', ['b']), noDeadline());
    expect([model(0).pipeline.ranked.length, model(1).pipeline.ranked.length]).toEqual([1, 1]);
    expect(model(0).pipeline.isDrained).toBe(false);
    model(0).pipeline.ranked[0]?.reply();
    expect((await early).complete).toBe(true);
    await loaded;
    expect(model(0).pipeline.isDrained).toBe(true);
    expect(set.hasSpareTime()).toBe(true);
    expect(set.view()).toMatchObject({ folder, change: undefined, drainingModels: 0 });
    expect(steps.filter((step) => !step.includes('cpu#'))).toEqual([
      'verifying',
      'loading llama',
      'shifted to llama',
      'drained tiny',
    ]);
  });

  test('is loaded on the current slots, and reports its replicas when it takes over', async () => {
    const { set, models, model, events, told } = await setUpModels('cpu:1');
    await set.resize(parseDeviceSlots('cpu:2'), quiet);
    events.length = 0;
    const loaded = set.load(folder, quiet);
    await opened(models);
    await settle();
    await settle();
    expect(told()).toEqual([]);
    model(1).pipeline.becomeWarm();
    await loaded;
    expect(told()).toEqual(['model', 'cpu#0 ready', 'cpu#1 ready']);
    const { name, buckets } = set.current().manifest;
    expect(events[0]).toMatchObject({ kind: 'model', model: name, buckets });
    model(0).tell({ kind: 'replica', replica: 'cpu#0', phase: 'closed', reason: undefined });
    expect(told()).toHaveLength(3);
  });

  test('that does not load is freed, and the old one continues to serve', async () => {
    const { set, model, refused } = await setUpModels();
    refused.add('cpu#1');
    await expect(set.load(folder, quiet)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'cpu#1 did not load: no memory',
    });
    expect(model(1).pipeline.isDrained).toBe(true);
    expect(set.current().manifest.name).toBe('tiny');
    expect(set.view()).toMatchObject({ folder: '/first', change: undefined, drainingModels: 0 });
    await expect(
      set.current().pipeline.rank(testRequest('q', ['a']), noDeadline()),
    ).resolves.toBeDefined();
  });

  test('needs a folder with a manifest and undamaged files', async () => {
    const { set, models } = await setUpModels();
    await expect(set.load(`${root}/none`, quiet)).rejects.toMatchObject({
      kind: 'not-found',
      violations: [{ field: 'folder' }],
    });
    const broken = join(root, 'broken');
    await cp(folder, broken, { recursive: true });
    const tokenizer = join(broken, 'tokenizer.json');
    await writeFile(tokenizer, 'x');
    const violations = [{ field: 'folder', description: expect.stringContaining(tokenizer) }];
    await expect(set.load(broken, quiet)).rejects.toMatchObject({
      kind: 'invalid-argument',
      violations,
    });
    expect(models).toHaveLength(1);
  });
});

describe('a folder that does not answer', () => {
  test.each(['manifest.json', 'weights.bin'])(
    'with a pipe for %s is refused at once, and the next change is taken',
    async (file) => {
      const { set } = await setUpModels();
      const piped = join(root, `piped-${file}`);
      await cp(folder, piped, { recursive: true });
      await rm(join(piped, file));
      execFileSync('mkfifo', [join(piped, file)]);
      await expect(set.load(piped, quiet)).rejects.toMatchObject({
        kind: 'invalid-argument',
        message: `${join(piped, file)} is a pipe; a file is needed`,
      });
      await set.resize(parseDeviceSlots('cpu:1'), quiet);
    },
  );

  test('is given up after a time, and the next change is accepted', async () => {
    const clock = new FakeClock();
    const { set } = await setUpModels('cpu:2', (dir) =>
      verifyModel(dir, clock, { stallMs: 100, totalMs: 1000 }, () => new Promise(() => undefined)),
    );
    const loaded = set.load('/dead', quiet);
    loaded.catch(quiet);
    await settle();
    await expect(set.resize(parseDeviceSlots('cpu:1'), quiet)).rejects.toMatchObject({
      message: 'loading /dead is under way',
    });
    await clock.advance(100);
    await expect(loaded).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'FOLDER_HANGS',
      message: '/dead did not answer within 100 ms',
      violations: [{ field: 'folder' }],
    });
    await set.resize(parseDeviceSlots('cpu:1'), quiet);
  });
});

describe('changes', () => {
  test('run one at a time', async () => {
    const { set, models, model } = await setUpModels();
    const loaded = set.load(folder, quiet);
    await opened(models);
    await expect(set.resize(parseDeviceSlots('cpu:1'), quiet)).rejects.toMatchObject({
      kind: 'failed-precondition',
      reason: 'CHANGE_UNDER_WAY',
      message: `loading ${folder} is under way`,
    });
    await set.quarantine('cpu#0', 'at any time');
    model(1).pipeline.becomeWarm();
    await loaded;
    await set.resize(parseDeviceSlots('cpu:1'), quiet);
    expect(set.view().slots).toEqual(parseDeviceSlots('cpu:1'));
  });

  test('are refused while the server drains; a model that was loading is drained too', async () => {
    const { set, models, model } = await setUpModels();
    const loaded = set.load(folder, quiet);
    loaded.catch(quiet);
    await opened(models);
    await set.drain();
    expect([model(0).pipeline.isDrained, model(1).pipeline.isDrained]).toEqual([true, true]);
    model(1).pipeline.becomeWarm();
    await expect(loaded).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(set.release('cpu#0')).rejects.toMatchObject({ reason: 'DRAINING' });
  });

  test('keep the kind of device that serves', async () => {
    const { set } = await setUpModels();
    await expect(set.resize(parseDeviceSlots('cuda:0'), quiet)).rejects.toMatchObject({
      kind: 'invalid-argument',
      violations: [{ field: 'devices' }],
    });
  });

  test('report each phase of each replica', async () => {
    const { set } = await setUpModels('cpu:1');
    const steps: string[] = [];
    await set.resize(parseDeviceSlots('cpu:2'), (step) => steps.push(step));
    await set.drainReplica('cpu#0');
    expect(steps).toEqual(['cpu#1 is loading', 'cpu#1 is ready']);
    expect(set.view().replicas.map(({ deviceSlot }) => deviceSlot)).toEqual(['cpu#1']);
  });
});

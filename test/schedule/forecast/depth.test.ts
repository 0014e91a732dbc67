import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  DepthController,
  depthOf,
  fullDepth,
  stepDepth,
} from '../../../src/schedule/forecast/depth.ts';
import { type PlantRun, type PlantSample, runPlant } from '../../support/serving/depth-plant.ts';
import { FakeClock } from '../../support/fakes/clock.ts';

const limits = { floor: 130, ceiling: 250, targetMs: 200 };
const base = { limits, requestMs: 10, lengthMs: 20_000 };

/** Half load, then more from 2 s to 12 s, then half again. */
const step = (load: number) => (atMs: number) => (atMs >= 2_000 && atMs < 12_000 ? load : 0.5);
const between = (samples: readonly PlantSample[], fromMs: number, toMs: number) =>
  samples.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const depths = (samples: readonly PlantSample[]) => samples.map(({ depth }) => depth);
const runStep = (load: number, changed: Partial<PlantRun> = {}) =>
  runPlant({ ...base, loadAt: step(load), ...changed });

describe('a step of load', () => {
  test.each([1.2, 1.5, 1.8])('to %p settles where the work that arrives can be done', (load) => {
    const samples = runStep(load);
    const settled = depths(between(samples, 4_000, 12_000));
    // At depth 250 / load exactly as much arrives as can be done.
    expect(Math.abs(mean(settled) - 250 / load)).toBeLessThan(3);
    expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(10);
    expect(mean(between(samples, 4_000, 12_000).map(({ queuedMs }) => queuedMs))).toBeCloseTo(
      210,
      -1.5,
    );
  });

  test.each([1.2, 1.5, 1.8])('to %p overshoots little and does not oscillate', (load) => {
    const during = depths(between(runStep(load), 2_000, 12_000));
    expect(250 / load - Math.min(...during)).toBeLessThan(12);
    // Down to the lowest, back up to where it stays, and no third turn worth mentioning.
    const afterLowest = during.slice(during.indexOf(Math.min(...during)));
    const highest = afterLowest.indexOf(Math.max(...afterLowest));
    const turn = Math.max(...afterLowest) - Math.min(...afterLowest.slice(highest));
    expect(turn).toBeLessThanOrEqual(2);
  });

  test('back returns to the ceiling within two targets, and stays there', () => {
    const after = depths(between(runStep(1.5), 12_400, 20_000));
    expect(Math.min(...after)).toBe(250);
  });

  test('past what the floor can carry stays at the floor; the ceiling comes back with the queue', () => {
    const samples = runStep(3, { lengthMs: 40_000 });
    expect(new Set(depths(between(samples, 3_000, 12_000)))).toEqual(new Set([130]));
    const shortAt = between(samples, 12_000, 40_000).find(({ queuedMs }) => queuedMs < 200)?.atMs;
    const back = between(samples, (shortAt ?? 40_000) + 600, 40_000);
    expect(back.length).toBeGreaterThan(100);
    expect(Math.min(...depths(back))).toBe(250);
  });
});

describe('noise', () => {
  test.each([1, 2, 3])('of Poisson arrivals at light load costs no depth (seed %p)', (seed) => {
    const samples = runPlant({ ...base, loadAt: () => 0.7, seed });
    expect(mean(depths(samples))).toBeGreaterThan(249);
  });

  test.each([1, 2, 3])(
    'of Poisson arrivals at high load moves it around the same place (seed %p)',
    (seed) => {
      const samples = between(runStep(1.5, { seed }), 4_000, 12_000);
      const around = mean(depths(samples));
      expect(Math.abs(around - 250 / 1.5)).toBeLessThan(15);
      expect(Math.sqrt(mean(depths(samples).map((depth) => (depth - around) ** 2)))).toBeLessThan(
        25,
      );
      expect(Math.max(...samples.map(({ queuedMs }) => queuedMs))).toBeLessThan(3 * 200);
    },
  );
});

test('whatever is measured, the depth lies between floor and ceiling', () => {
  const sample = fc.record({
    queuedMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
    elapsedMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(sample), (samples) => {
      let state = fullDepth;
      for (const { queuedMs, elapsedMs } of samples) {
        state = stepDepth(state, queuedMs, elapsedMs, limits);
        expect(depthOf(state, limits)).toBeGreaterThanOrEqual(130);
        expect(depthOf(state, limits)).toBeLessThanOrEqual(250);
      }
    }),
  );
});

describe('the controller', () => {
  test('starts at the ceiling, falls under load, and forgets the load when nobody asks for long', async () => {
    const clock = new FakeClock();
    const controller = new DepthController(limits, clock);
    expect(controller.depth).toBe(250);
    for (let i = 0; i < 100; i++) {
      await clock.advance(20);
      controller.sample(1_000);
    }
    expect(controller.depth).toBe(130);
    await clock.advance(5_000);
    controller.sample(1_000);
    expect(controller.depth).toBe(250);
  });

  test('samples at the same moment count once', async () => {
    const clock = new FakeClock();
    const controller = new DepthController(limits, clock);
    await clock.advance(20);
    controller.sample(300);
    const { depth } = controller;
    for (let i = 0; i < 100; i++) {
      controller.sample(10_000);
    }
    expect(controller.depth).toBe(depth);
  });
});

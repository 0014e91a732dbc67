import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { readManifest } from '../../../src/model/manifest.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import type { Golden } from '../../../src/toolchain/verify/golden.ts';
import { dealRows, scoreRows, unshared } from '../../../src/batch/pack/score-rows.ts';
import { verifyModel, type VerifyReport } from '../../../src/toolchain/verify/verify-model.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  buildHfTiny,
  readTinyGolden,
  scaledRopes,
  tinyBuildOptions,
  type TinyCheckpoint,
  tinyCheckpoints,
  writeScaledRope,
} from '../../support/checkpoints/hf-tiny.ts';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';
import { readMasked } from '../../support/models/read-masked.ts';

function verify(dir: string, golden: Golden | undefined): Promise<VerifyReport> {
  const device = { provider: 'cpu', deviceId: 0 } as const;
  return verifyModel({ dir, golden, device, threads: 1, onProgress: () => undefined });
}

function check(report: VerifyReport, name: string) {
  const found = report.checks.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no check '${name}'`);
  }
  return found;
}

/** The golden with its first candidate changed. */
function withFirst(
  golden: Golden,
  change: Partial<Golden['requests'][0]['candidates'][0]>,
): Golden {
  const [request, ...requests] = golden.requests;
  const [candidate, ...candidates] = request?.candidates ?? [];
  if (request === undefined || candidate === undefined) {
    throw new Error('the golden is empty');
  }
  const changed = { ...request, candidates: [{ ...candidate, ...change }, ...candidates] };
  return { ...golden, requests: [changed, ...requests] };
}

describe('a model built from a checkpoint of another library', () => {
  it.each(Object.keys(tinyCheckpoints) as TinyCheckpoint[])(
    '%s has the token ids and, within 1e-4, the logits of transformers, in any batch',
    async (name) => {
      const dir = join(temporaryFolder(), name);
      await buildHfTiny(name, dir);
      const report = await verify(dir, readTinyGolden(name));
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(report).toMatchObject({ passed: true, rows: 8, precision: 'fp32' });
      expect(check(report, 'logits, reference').largest).toBeLessThan(1e-4);
      expect(check(report, 'token ids').detail).toBe('8 rows equal');
    },
  );
});

describe('a model with scaled rope', () => {
  it.each(scaledRopes.flatMap((name) => [[name, false] as const, [name, true] as const]))(
    '%s has, within 1e-4, the logits of transformers (new form of config: %s)',
    async (name, isNew) => {
      const folder = temporaryFolder();
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      writeScaledRope(name, from, isNew);
      await buildModel({ ...tinyBuildOptions('llama', to), from });
      const golden = readTinyGolden(name);
      const report = await verify(to, golden);
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(check(report, 'logits, reference').largest).toBeLessThan(1e-4);
      const unscaled = readTinyGolden('llama').requests[0]?.candidates[0]?.logits;
      expect(golden.requests[0]?.candidates[0]?.logits).not.toEqual(unscaled);
    },
  );
});

describe('a model with a candidate-first template', () => {
  it('has the token ids and, within 1e-4, the logits of transformers, in any batch', async () => {
    const dir = join(temporaryFolder(), 'llama');
    await buildHfTiny('llama', dir, 'candidate-first');
    const golden = readTinyGolden('llama-candidate-first');
    expect(new Set(golden.requests.map(({ suffix }) => suffix.join())).size).toBe(3);
    const report = await verify(dir, golden);
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(check(report, 'logits, reference').largest).toBeLessThan(1e-4);
    await expect(verify(dir, readTinyGolden('llama'))).rejects.toThrow(/its template has hash/);
  });
});

describe('a model built in fp16', () => {
  it('stays within the tolerance of its precision, in any batch', async () => {
    const dir = join(temporaryFolder(), 'qwen3');
    await buildModel({ ...tinyBuildOptions('qwen3', dir), precision: 'fp16' });
    const report = await verify(dir, readTinyGolden('qwen3'));
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    const { largest, tolerance } = check(report, 'logits, reference');
    expect(tolerance).toBe(0.05);
    // If the model were fp32, the difference would be 1e-6.
    expect(largest).toBeGreaterThan(1e-4);
  });
});

describe('verification', () => {
  const build = async () => {
    const dir = join(temporaryFolder(), 'llama');
    await buildHfTiny('llama', dir);
    return { dir, golden: readTinyGolden('llama') };
  };

  it('fails on a logit that differs by more than the tolerance, and names its row', async () => {
    const { dir, golden } = await build();
    const [yes, no] = golden.requests[0]?.candidates[0]?.logits ?? [0, 0];
    const report = await verify(dir, withFirst(golden, { logits: [yes, no + 0.002] }));
    expect(report.passed).toBe(false);
    expect(check(report, 'logits, reference')).toMatchObject({
      passed: false,
      largest: expect.closeTo(0.002, 4),
      detail: 'request 0, candidate 0',
    });
    expect(check(report, 'token ids').passed).toBe(true);
  });

  it('fails on a token id that differs, and names its place', async () => {
    const { dir, golden } = await build();
    const [first = 0, ...ids] = golden.requests[0]?.candidates[0]?.ids ?? [];
    const prefix = golden.requests[0]?.prefix.length ?? 0;
    const report = await verify(dir, withFirst(golden, { ids: [first + 1, ...ids] }));
    expect(check(report, 'token ids')).toMatchObject({
      passed: false,
      detail: `1 of 8 rows differ; request 0, candidate 0, token ${prefix}: ${first}, not ${first + 1}`,
    });
  });

  it('fails on weights that were changed after the build', async () => {
    const { dir, golden } = await build();
    const { weights } = await readManifest(dir);
    const path = join(dir, weights.file);
    const bytes = readFileSync(path);
    // The last value stays finite, so only the checksum is certain to differ.
    bytes.writeFloatLE(3, bytes.byteLength - 4);
    writeFileSync(path, bytes);
    const report = await verify(dir, golden);
    expect(report.passed).toBe(false);
    expect(check(report, 'file checksums')).toMatchObject({
      passed: false,
      detail: expect.stringContaining('weights.bin has SHA-256'),
    });
  });

  it.each([
    ['checkpoint', { sourceSha256: 'f'.repeat(64) }, /it is for checkpoint f{64}; the model was/],
    [
      'normalizer',
      { normalize: ['html'] as const },
      /it normalizes texts by html; the model does by no step/,
    ],
    ['labels', { labelIds: [1, 2] as const }, /have the ids 1,2; the model's have 260,261/],
  ])('refuses a golden of another %s', async (_what, change, message) => {
    const { dir, golden } = await build();
    await expect(verify(dir, { ...golden, ...change })).rejects.toThrow(message);
  });

  it('refuses a golden of another template', async () => {
    const { dir, golden } = await build();
    const template = { ...golden.template, suffix: 'other' };
    await expect(verify(dir, { ...golden, template })).rejects.toThrow(/its template has hash/);
  });

  it('without a golden compares the model with itself and names no reference', async () => {
    const { dir } = await build();
    const report = await verify(dir, undefined);
    expect(report).toMatchObject({ passed: true, reference: undefined, rows: 6 });
    expect(report.checks.map(({ name }) => name)).toEqual([
      'file checksums',
      'logits, shared and packed against alone',
      'p(yes), shared and packed against alone',
      'order reversed',
      'neighbours replaced',
      'different rows, different scores',
    ]);
  });
});

describe('rows dealt into batches', () => {
  const a = Int32Array.of(1, 2, 3);
  const b = Int32Array.of(4);
  const row = (prefix: Int32Array, length: number) => ({ prefix, ids: new Int32Array(length) });

  it('mix requests, stay within the budget, and leave none out', () => {
    const rows = [row(a, 2), row(a, 2), row(a, 2), row(b, 1), row(b, 1)];
    // [a0, b0] is 3+2+1+1 = 7 tokens, with a1 9, with b1 10.
    expect(dealRows(rows, 10)).toEqual([[0, 3, 1, 4], [2]]);
    expect(dealRows(rows, 7)).toEqual([[0, 3], [1, 4], [2]]);
  });

  it('give a row above the budget a batch of its own', () => {
    expect(dealRows([row(a, 100), row(b, 1)], 10)).toEqual([[0], [1]]);
  });

  it('have their scores by row index, whatever their order in a batch', async () => {
    const rows = [row(a, 1), row(b, 2), row(a, 3)];
    const run = (batch: PackedBatch) => {
      const { groups, scored } = readMasked(batch);
      const places = groups.flatMap(({ lastPlace }) => [...lastPlace]);
      return Promise.resolve(
        Float32Array.from([...scored].flatMap((tile) => [at(places, tile), 0])),
      );
    };
    const scores = await scoreRows(rows, [[2, 1, 0]], {
      run,
      plan: { layout: 'masked', attentionGroups: 2 },
    });
    expect([scores.get(0), scores.get(1), scores.get(2)]).toEqual([
      [3, 0],
      [2, 0],
      [5, 0],
    ]);
  });

  it('without sharing are one sequence each', () => {
    const whole = unshared({ prefix: a, ids: b });
    expect([...whole.prefix]).toEqual([]);
    expect([...whole.ids]).toEqual([1, 2, 3, 4]);
  });
});

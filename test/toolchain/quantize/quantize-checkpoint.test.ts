import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readManifest } from '../../../src/model/manifest.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import { parseModel } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { dequantizeChannels } from '../../../src/toolchain/numerics/quantize-channels.ts';
import {
  quantizeCheckpoint,
  quantizeReportFile,
} from '../../../src/toolchain/quantize/quantize-checkpoint.ts';
import { verifyModel } from '../../../src/toolchain/verify/verify-model.ts';
import { readTinyGolden, tinyBuildOptions, tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const embedding = 'model.embed_tokens.weight';
const gate = 'model.layers.1.mlp.gate_proj.weight';
const quiet = () => undefined;

async function quantize(labels: readonly string[] = ['yes', 'no'], from = tinyPath('llama')) {
  const to = join(temporaryFolder(), 'compact');
  const options = { from, to, labels, floats: [], calibration: undefined, onProgress: quiet };
  return { to, report: await quantizeCheckpoint(options) };
}

describe('a compact checkpoint', () => {
  it('reads as its integers times their scales', async () => {
    const { to } = await quantize();
    const checkpoint = await openCheckpoint(to);
    const stored = await checkpoint.readQuantized(gate);
    expect(stored?.values).toBeInstanceOf(Int8Array);
    expect(await checkpoint.readTensor(gate)).toEqual(
      stored && dequantizeChannels({ values: stored.values, scales: stored.scales }),
    );
    const norm = 'model.norm.weight';
    expect(await checkpoint.readQuantized(norm)).toBeUndefined();
    const original = await openCheckpoint(tinyPath('llama'));
    expect(await checkpoint.readTensor(norm)).toEqual(await original.readTensor(norm));
    await Promise.all([checkpoint.close(), original.close()]);
  });

  it('keeps the rows of the labels in fp32, and no others', async () => {
    const { to, report } = await quantize();
    expect(report.wholeRows).toEqual([260, 261]);
    const [compact, original] = await Promise.all(
      [to, tinyPath('llama')].map((path) => openCheckpoint(path)),
    );
    const found = (await compact?.readTensor(embedding)) ?? new Float32Array();
    const exact = (await original?.readTensor(embedding)) ?? new Float32Array();
    expect(found.subarray(260 * 32, 262 * 32)).toEqual(exact.subarray(260 * 32, 262 * 32));
    expect(found.subarray(0, 32)).not.toEqual(exact.subarray(0, 32));
    await Promise.all([compact?.close(), original?.close()]);
  });

  it('stores one byte for each weight, and reports the error of each tensor', async () => {
    const { to, report } = await quantize([]);
    const data = report.bytes - report.parameters;
    // Scales, five norms of 32, and the header.
    expect(data).toBeLessThan(4 * (288 + 5 * 32 + 2 * (4 * 32 + 2 * 16 + 2 * 64)) + 4096);
    expect(report.tensors.map(({ name }) => name)).toHaveLength(1 + 2 * 7);
    for (const { relativeError, sqnrDb, largestError } of report.tensors) {
      expect(sqnrDb).toBeCloseTo(-20 * Math.log10(relativeError), 9);
      expect(sqnrDb).toBeGreaterThan(35);
      expect(largestError).toBeGreaterThan(0);
    }
    expect(JSON.parse(readFileSync(join(to, quantizeReportFile), 'utf8'))).toEqual(report);
  });

  it('has the same integers in the int8 graph', async () => {
    const { to } = await quantize();
    const dir = join(temporaryFolder(), 'built');
    const options = { ...tinyBuildOptions('llama', dir), from: to };
    const { weights, graphs } = await buildModel({ ...options, precision: 'int8' });
    const { initializers } = parseModel(readFileSync(join(dir, graphs.cpu.score.file)));
    const data = initializers.find(({ name }) => name === gate)?.data;
    const [offset, bytes] = data?.kind === 'external' ? [data.offset, data.bytes] : [0, 0];
    const built = new Int8Array(readFileSync(join(dir, weights.file))).slice(
      offset,
      offset + bytes,
    );
    const checkpoint = await openCheckpoint(to);
    const stored = await checkpoint.readQuantized(gate);
    await checkpoint.close();
    // The graph stores [64, 32] transposed.
    expect([...built]).toEqual(
      Array.from(
        { length: 64 * 32 },
        (_, at) => stored?.values[(at % 64) * 32 + Math.floor(at / 64)],
      ),
    );
  });

  it('passes verification in int8, where only the rounding of activations differs', async () => {
    const { to } = await quantize();
    const dir = join(temporaryFolder(), 'built');
    await buildModel({ ...tinyBuildOptions('llama', dir), from: to, precision: 'int8' });
    const { source } = await readManifest(dir);
    const golden = { ...readTinyGolden('llama'), sourceSha256: source.sha256 };
    const device = { provider: 'cpu', deviceId: 0 } as const;
    const report = await verifyModel({ dir, golden, device, threads: 1, onProgress: quiet });
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    const logits = report.checks.find(({ name }) => name === 'logits, reference');
    expect(logits?.largest).toBeGreaterThan(1e-3);
    expect(logits?.mean).toBeLessThan(logits?.largest ?? 0);
    const order = report.checks.find(({ name }) => name === 'order, reference');
    expect(order?.detail).toMatch(/^\d+ of \d+ pairs in the reference's order \(at least 80 %\)$/);
  });

  it('is not rounded a second time', async () => {
    const { to } = await quantize();
    await expect(quantize([], to)).rejects.toThrow(/is int8 already/);
  });
});

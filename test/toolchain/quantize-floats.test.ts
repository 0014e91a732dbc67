import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { buildModel } from '../../src/toolchain/build/build-model.ts';
import { parseModel } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { openCheckpoint } from '../../src/toolchain/checkpoint/open-checkpoint.ts';
import { quantizeCheckpoint } from '../../src/toolchain/quantize/quantize-checkpoint.ts';
import { inputKinds, type LayerInput, readersOf } from '../../src/toolchain/graph/layer-inputs.ts';
import { verifyModel } from '../../src/toolchain/verify/verify-model.ts';
import { readTinyGolden, tinyBuildOptions, tinyPath } from '../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const gate = 'model.layers.1.mlp.gate_proj.weight';
const quiet = () => undefined;

async function quantize(floats: readonly LayerInput[]) {
  const to = join(temporaryFolder(), 'compact');
  const report = await quantizeCheckpoint({
    from: tinyPath('llama'),
    to,
    labels: ['yes', 'no'],
    floats,
    calibration: undefined,
    onProgress: quiet,
  });
  return { to, report };
}

/** The first safetensors file, with one matrix in the form that the second file has. */
function mixTensors(first: string, second: string, name: string): Buffer {
  type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };
  const read = (path: string) => {
    const bytes = readFileSync(path);
    const size = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + size)) as Record<string, Entry>;
    return Object.entries(header)
      .filter(([key]) => key !== '__metadata__')
      .map(([key, entry]) => ({
        key,
        entry,
        data: bytes.subarray(...entry.data_offsets.map((offset) => offset + 8 + size)),
      }));
  };
  const other = read(second).filter(({ key }) => key === name);
  const kept = [...read(first).filter(({ key }) => !key.startsWith(name)), ...other];
  let end = 0;
  const entries = kept.map(({ key, entry, data }) => {
    const begin = end;
    end += data.length;
    return [key, { ...entry, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...kept.map(({ data }) => data)]);
}

describe('a compact checkpoint with some inputs in floats', () => {
  const floats = [
    { layer: 0, kind: 'down' },
    { layer: 1, kind: 'qkv' },
  ] as const;
  const whole = ['model.layers.0.mlp.down_proj.weight', ...readersOf(floats[1])];

  it('keeps the weights that read them unchanged', async () => {
    const { to, report } = await quantize(floats);
    expect(report.floats).toEqual(floats);
    const [compact, original] = await Promise.all(
      [to, tinyPath('llama')].map((path) => openCheckpoint(path)),
    );
    for (const name of whole) {
      expect(await compact?.readTensor(name)).toEqual(await original?.readTensor(name));
    }
    expect(report.tensors.map(({ name }) => name)).not.toEqual(expect.arrayContaining(whole));
    expect(report.tensors).toHaveLength(1 + 2 * 7 - whole.length);
    await Promise.all([compact?.close(), original?.close()]);
  });

  it('gives an int8 graph with those weights in floats, and a smaller error with all in floats', async () => {
    const build = async (inputs: readonly LayerInput[]) => {
      const { to: from } = await quantize(inputs);
      const dir = join(temporaryFolder(), 'built');
      await buildModel({ ...tinyBuildOptions('llama', dir), from, precision: 'int8' });
      const { source, graphs } = await readManifest(dir);
      const golden = { ...readTinyGolden('llama'), sourceSha256: source.sha256 };
      const device = { provider: 'cpu', deviceId: 0 } as const;
      const { checks } = await verifyModel({ dir, golden, device, threads: 1, onProgress: quiet });
      const { initializers } = parseModel(readFileSync(join(dir, graphs.cpu.score.file)));
      const floating = initializers.filter(({ type }) => type === 'float32');
      const mean = checks.find(({ name }) => name === 'logits, reference')?.mean ?? NaN;
      return { mean, floating: floating.map(({ name }) => name) };
    };
    const all = [0, 1].flatMap((layer) => inputKinds.map((kind) => ({ layer, kind })));
    const [none, some, every] = [await build([]), await build(floats), await build(all)];
    expect(some.floating).toEqual(expect.arrayContaining(whole));
    expect(none.floating).not.toEqual(expect.arrayContaining([whole[0]]));
    expect(every.mean).toBeLessThan(none.mean);
  });

  it('refuses a layer that does not exist', async () => {
    await expect(quantize([{ layer: 2, kind: 'o' }])).rejects.toThrow(
      /2\.o is to stay in floats; the checkpoint has layers 0 to 1/,
    );
  });

  it('keeps the weights of further float inputs of the graph rounded', async () => {
    const { to: from } = await quantize(floats);
    const dir = join(temporaryFolder(), 'built');
    const more = [{ layer: 1, kind: 'gateUp' }] as const;
    const options = { ...tinyBuildOptions('llama', dir), from, precision: 'int8' } as const;
    const { weights, graphs } = await buildModel({ ...options, floats: more });
    const { initializers } = parseModel(readFileSync(join(dir, graphs.cpu.score.file)));
    const isFloat = (name: string) =>
      initializers.find((each) => each.name === name)?.type === 'float32';
    expect([...whole, ...readersOf(more[0])].every(isFloat)).toBe(true);
    expect(isFloat('model.layers.0.mlp.gate_proj.weight')).toBe(false);
    const data = initializers.find(({ name }) => name === gate)?.data;
    const [offset, bytes] = data?.kind === 'external' ? [data.offset, data.bytes] : [0, 0];
    const file = readFileSync(join(dir, weights.file)).subarray(offset, offset + bytes);
    const built = new Float32Array(new Uint8Array(file).buffer);
    const checkpoint = await openCheckpoint(from);
    const rounded = await checkpoint.readTensor(gate);
    await checkpoint.close();
    // The graph stores [64, 32] transposed.
    const transposed = rounded.map((_, i) => at(rounded, (i % 64) * 32 + Math.floor(i / 64)));
    expect(built).toEqual(transposed);
    await expect(buildModel({ ...options, floats: [{ layer: 7, kind: 'o' }] })).rejects.toThrow(
      /7\.o is to stay in floats; the checkpoint has layers 0 to 1/,
    );
  });

  it('is refused when weights that read one input are int8 and floats', async () => {
    const { to } = await quantize([]);
    const path = join(to, 'model.safetensors');
    const { to: other } = await quantize([{ layer: 1, kind: 'gateUp' }]);
    const half = mixTensors(path, join(other, 'model.safetensors'), gate);
    writeFileSync(path, half);
    const build = buildModel({
      ...tinyBuildOptions('llama', join(temporaryFolder(), 'built')),
      from: to,
      precision: 'int8',
    });
    await expect(build).rejects.toThrow(/gate_proj.*up_proj.*some int8, some floats/);
  });
});

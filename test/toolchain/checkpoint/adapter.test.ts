import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withAdapter } from '../../../src/toolchain/checkpoint/adapter.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';
import { mergeCheckpoint } from '../../../src/toolchain/checkpoint/merge-checkpoint.ts';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import { quantizeCheckpoint } from '../../../src/toolchain/quantize/quantize-checkpoint.ts';
import { verifyModel } from '../../../src/toolchain/verify/verify-model.ts';
import { refusalOf } from '../../support/checkpoints/folder.ts';
import { floats } from '../../support/checkpoints/gguf.ts';
import { safetensorsBytes, tinyBlueprint } from '../../support/checkpoints/tiny.ts';
import { readTinyGolden, tinyBuildOptions, tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const plainConfig = { peft_type: 'LORA', r: 2, lora_alpha: 1 };
const stem = 'base_model.model.model.layers.0.mlp.up_proj';
const plainTensors: Tensors = {
  [`${stem}.lora_A.weight`]: { shape: [2, 3], values: [1, 2, 3, 10, 20, 30] },
  [`${stem}.lora_B.weight`]: { shape: [2, 2], values: [1, 0, -1, 2] },
};

type Tensors = Readonly<Record<string, { shape: readonly number[]; values: readonly number[] }>>;

function adapterFolder(config: object = {}, tensors: Tensors = plainTensors): string {
  const header: Record<string, unknown> = {};
  let end = 0;
  const parts = Object.entries(tensors).map(([name, { shape, values }]) => {
    const bytes = floats([...values]);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += bytes.length)] };
    return bytes;
  });
  return temporaryFolder({
    'adapter_config.json': JSON.stringify({ ...plainConfig, ...config }),
    'adapter_model.safetensors': safetensorsBytes({ header, data: Buffer.concat(parts) }),
  });
}

/** A checkpoint with a matrix [2, 3] of hundreds and a norm. It counts how often it is closed. */
function fakeCheckpoint() {
  const closed = { times: 0 };
  const values = new Map([
    ['model.layers.0.mlp.up_proj.weight', [100, 200, 300, 400, 500, 600]],
    ['model.norm.weight', [1, 1, 1]],
  ]);
  const stored = { values: new Int8Array(6), scales: new Float32Array(2) };
  const checkpoint: Checkpoint = {
    blueprint: tinyBlueprint,
    files: ['model.safetensors'],
    shapes: new Map([
      ['model.layers.0.mlp.up_proj.weight', [2, 3]],
      ['model.norm.weight', [3]],
    ]),
    readTensor: (name) => Promise.resolve(Float32Array.from(values.get(name) ?? [])),
    readQuantized: () => Promise.resolve(stored),
    staysFloat: () => false,
    close: () => {
      closed.times++;
      return Promise.resolve();
    },
  };
  return { checkpoint, closed, stored };
}

const up = 'model.layers.0.mlp.up_proj.weight';

describe('a checkpoint with an adapter', () => {
  it('adds alpha / rank times the product to its matrices and changes no others', async () => {
    const { checkpoint, closed } = fakeCheckpoint();
    const merged = await withAdapter(checkpoint, adapterFolder());
    // B A = [[1, 2, 3], [-1 + 20, -2 + 40, -3 + 60]], halved.
    expect([...(await merged.readTensor(up))]).toEqual([100.5, 201, 301.5, 409.5, 519, 628.5]);
    expect([...(await merged.readTensor('model.norm.weight'))]).toEqual([1, 1, 1]);
    await merged.close();
    expect(closed.times).toBe(1);
  });

  it('divides alpha by the root of the rank if the config has use_rslora', async () => {
    const folder = adapterFolder({ use_rslora: true, lora_alpha: Math.SQRT2 });
    const merged = await withAdapter(fakeCheckpoint().checkpoint, folder);
    const [first = NaN] = await merged.readTensor(up);
    expect(first).toBeCloseTo(101, 4);
    await merged.close();
  });

  it('hides the stored integers of matrices that it changes', async () => {
    const { checkpoint, stored } = fakeCheckpoint();
    const merged = await withAdapter(checkpoint, adapterFolder());
    expect(await merged.readQuantized(up)).toBeUndefined();
    expect(await merged.readQuantized('model.embed_tokens.weight')).toBe(stored);
    await merged.close();
  });

  it.each([
    [{ peft_type: 'IA3' }, 'adapter_config.json: peft_type: the kind is "IA3"; allowed: "LORA"'],
    [{ r: 0 }, 'adapter_config.json: r: the rank is 0; allowed: 1 to 4096'],
    [{ lora_alpha: '1' }, 'adapter_config.json: lora_alpha: the value is "1"; allowed: a number'],
    [
      { use_dora: true },
      'adapter_config.json: use_dora: the option is true; allowed: none, or off',
    ],
    [{ alpha_pattern: { up_proj: 4 } }, 'alpha_pattern: the option is {"up_proj":4}'],
    [{ modules_to_save: ['lm_head'] }, 'modules_to_save: the option is ["lm_head"]'],
    [{ bias: 'all' }, 'bias: the option is "all"'],
    [{ init_lora_weights: 'pissa' }, 'init_lora_weights: the option is "pissa"'],
    [{ r: 3 }, '.lora_A.weight": the shape is [2,3]; allowed: [3, 3]'],
  ])('refuses the config %j', async (change, message) => {
    const { checkpoint, closed } = fakeCheckpoint();
    const open = () => withAdapter(checkpoint, adapterFolder(change));
    expect(await refusalOf(open)).toContain(message);
    expect(closed.times).toBe(1);
  });

  const [a, b] = Object.values(plainTensors);
  const named = (name: string, side: string) => `base_model.model.${name}.lora_${side}.weight`;
  it.each([
    ['one factor only', { [named('model.layers.0.mlp.up_proj', 'A')]: a }, 'both factors'],
    [
      'an unknown matrix',
      { [named('model.layers.7.mlp.up_proj', 'A')]: a },
      'layers.7.mlp.up_proj',
    ],
    ['a norm', { [named('model.norm', 'B')]: b }, 'lora_A and lora_B of matrices'],
    ['another tensor', { 'lm_head.weight': a }, 'lora_A and lora_B of matrices of the checkpoint'],
    ['nothing', {}, 'the adapter is "empty"'],
  ])('refuses an adapter with %s', async (_, tensors, message) => {
    const { checkpoint, closed } = fakeCheckpoint();
    const folder = adapterFolder({}, tensors as Tensors);
    expect(await refusalOf(() => withAdapter(checkpoint, folder))).toContain(message);
    expect(closed.times).toBe(1);
  });

  it('refuses a folder without adapter_config.json', async () => {
    const open = () => openCheckpoint(tinyPath('llama'), temporaryFolder());
    expect(await refusalOf(open)).toContain('adapter_config.json');
  });
});

describe("PEFT's adapter of a tiny checkpoint", () => {
  const adapter = tinyPath('llama-adapter');

  it('has the logits of transformers and PEFT', async () => {
    const to = join(temporaryFolder(), 'm');
    const plain = await buildModel(tinyBuildOptions('llama', to));
    const built = await buildModel({ ...tinyBuildOptions('llama', to), adapter });
    expect(built.fingerprint).not.toBe(plain.fingerprint);
    const report = await verifyModel({
      dir: to,
      golden: readTinyGolden('llama-adapter'),
      threads: 1,
      device: { provider: 'cpu', deviceId: 0 },
      onProgress: () => undefined,
    });
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    const logits = report.checks.find(({ name }) => name === 'logits, reference');
    expect(logits?.largest).toBeLessThan(1e-4);
  });

  it('is merged into a checkpoint that can be read without it', async () => {
    const to = join(temporaryFolder(), 'merged');
    const done: number[] = [];
    const onProgress = (tensors: number) => done.push(tensors);
    const options = { from: tinyPath('llama'), to, type: 'F32', onProgress } as const;
    await mergeCheckpoint({ ...options, adapter });
    await mergeCheckpoint({ ...options, adapter });
    const [merged, expected] = await Promise.all([
      openCheckpoint(to),
      openCheckpoint(tinyPath('llama'), adapter),
    ]);
    for (const name of expected.shapes.keys()) {
      expect(await merged.readTensor(name)).toEqual(await expected.readTensor(name));
    }
    expect(done.at(-1)).toBe(expected.shapes.size);
    await Promise.all([merged.close(), expected.close()]);
    await expect(mergeCheckpoint({ ...options, adapter: undefined })).rejects.toThrow(
      'has no int8 weights to convert; an adapter is needed',
    );
  });
});

describe('a compact checkpoint', () => {
  it('becomes a checkpoint of floats without an adapter', async () => {
    const folder = temporaryFolder();
    const [compact, to] = [join(folder, 'compact'), join(folder, 'whole')];
    const quiet = () => undefined;
    await quantizeCheckpoint({
      from: tinyPath('llama'),
      to: compact,
      labels: [],
      floats: [],
      calibration: undefined,
      onProgress: quiet,
    });
    await mergeCheckpoint({
      from: compact,
      to,
      adapter: undefined,
      type: 'F32',
      onProgress: quiet,
    });
    const [whole, stored] = await Promise.all([openCheckpoint(to), openCheckpoint(compact)]);
    expect(await whole.readTensor(up)).toEqual(await stored.readTensor(up));
    expect(whole.staysFloat(up)).toBe(false);
    await Promise.all([whole.close(), stored.close()]);
    expect(readFileSync(join(to, 'config.json'), 'utf8')).not.toContain('slmrank-int8');
  });
});

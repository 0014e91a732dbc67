import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readManifest, verifyFiles } from '../../../src/model/manifest.ts';
import {
  type BuildOptions,
  buildModel,
  defaultBuckets,
} from '../../../src/toolchain/build/build-model.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  buildHfTiny,
  tinyBuildOptions,
  type TinyCheckpoint,
  tinyPath,
} from '../../support/checkpoints/hf-tiny.ts';

describe('building a model', () => {
  it('makes a folder whose manifest names source, labels and dimensions', async () => {
    const dir = temporaryFolder();
    const to = join(dir, 'deep/er/llama');
    const built = await buildHfTiny('llama', to);
    expect(await readManifest(to)).toEqual(built);
    await verifyFiles(to, built);
    expect(built).toMatchObject({
      name: 'llama',
      precision: 'fp32',
      labels: { yes: { text: 'yes', id: 260 }, no: { text: 'no', id: 261 } },
      source: { description: 'tiny llama', licence: 'Apache-2.0' },
      blueprint: { family: 'llama', rowTokens: 2048, ropeTheta: 100_000 },
    });
    expect(built.parameters).toBe(27_808);
    expect(readdirSync(join(dir, 'deep/er'))).toEqual(['llama']);
  });

  it('gives the same files and the same fingerprint every time', async () => {
    const dir = temporaryFolder();
    const first = await buildHfTiny('qwen3', join(dir, 'a'));
    const second = await buildHfTiny('qwen3', join(dir, 'b'));
    expect(second).toEqual(first);
  });

  it('replaces an older model of that name and nothing else', async () => {
    const dir = temporaryFolder({ 'm/notes.txt': 'mine' });
    const to = join(dir, 'm');
    await expect(buildHfTiny('llama', to)).rejects.toThrow(
      'holds notes.txt and no manifest.json; only a built model is replaced',
    );
    rmSync(join(to, 'notes.txt'));
    const older = await buildHfTiny('llama', to);
    const newer = await buildHfTiny('qwen2', to);
    expect(newer.fingerprint).not.toBe(older.fingerprint);
    expect((await readManifest(to)).name).toBe('qwen2');
    expect(readdirSync(dir)).toEqual(['m']);
  });

  it('keeps the older model and leaves no other files when it fails halfway', async () => {
    const dir = temporaryFolder();
    const to = join(dir, 'm');
    const older = await buildHfTiny('llama', to);
    const interrupted = buildModel({
      ...tinyBuildOptions('qwen2', to),
      onProgress: (line) => {
        if (line.startsWith('writing weights: 50 %')) {
          throw new Error('interrupted');
        }
      },
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(readdirSync(dir)).toEqual(['m']);
    expect(await readManifest(to)).toEqual(older);
  });

  it('removes the files of a killed build, but not those of a running one', async () => {
    const dir = temporaryFolder();
    // No process can have this id, and the parent of this process is running.
    const killed = join(dir, 'm.building-99999999');
    const running = join(dir, `m.building-${process.ppid}`);
    mkdirSync(killed);
    mkdirSync(running);
    await buildHfTiny('llama', join(dir, 'm'));
    expect(existsSync(killed)).toBe(false);
    expect(existsSync(running)).toBe(true);
  });

  it.each([
    [['maybe', 'no'] as const, /label 'maybe' is 5 tokens; each label must be one/],
    [['yes', ''] as const, /label '' is 0 tokens; each label must be one/],
    [['yes', 'yes'] as const, /labels are yes,yes; two words are needed/],
  ])('refuses the labels %j', async (labels, message) => {
    const dir = temporaryFolder();
    const options = { ...tinyBuildOptions('llama', join(dir, 'm')), labels };
    await expect(buildModel(options)).rejects.toThrow(message);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('refuses a label beyond the vocabulary of the weights', async () => {
    const dir = temporaryFolder();
    const tokenizer = join(dir, 'tokenizer.json');
    const json = JSON.parse(readFileSync(tinyPath('llama/tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    json.model.vocab['yes'] = 1000;
    writeFileSync(tokenizer, JSON.stringify(json));
    await expect(
      buildModel({ ...tinyBuildOptions('llama', join(dir, 'm')), tokenizer }),
    ).rejects.toThrow(/label 'yes' is token 1000; .*llama has 288 tokens/);
  });

  it("names the user's files in errors, not those of the folder that is being built", async () => {
    const dir = temporaryFolder();
    const folder = join(dir, 'llama');
    cpSync(tinyPath('llama'), folder, { recursive: true });
    const options = { ...tinyBuildOptions('llama', join(dir, 'm')), from: folder };
    writeFileSync(join(folder, 'tokenizer.json'), '{"model": 7}');
    await expect(buildModel(options)).rejects.toThrow(`${folder}/tokenizer.json: `);
    writeFileSync(join(dir, 'other.json'), '{');
    const other = { ...options, tokenizer: join(dir, 'other.json') };
    await expect(buildModel(other)).rejects.toThrow(`${dir}/other.json: `);
    writeFileSync(join(folder, 'config.json'), '{"architectures": ["GPT2LMHeadModel"]}');
    await expect(buildModel(options)).rejects.toThrow(`${folder}/config.json: "architectures"`);
  });

  it('reports that the folder has no tokenizer', async () => {
    const dir = temporaryFolder();
    cpSync(tinyPath('llama'), join(dir, 'llama'), { recursive: true });
    rmSync(join(dir, 'llama/tokenizer.json'));
    const options = { ...tinyBuildOptions('llama', join(dir, 'm')), from: join(dir, 'llama') };
    await expect(buildModel(options)).rejects.toThrow(
      /llama\/tokenizer\.json cannot be read: a tokenizer\.json is needed/,
    );
  });

  it('refuses buckets that no row can have', async () => {
    const dir = temporaryFolder();
    const options = { ...tinyBuildOptions('llama', join(dir, 'm')), buckets: [16, 4096] };
    await expect(buildModel(options)).rejects.toThrow("'buckets' is [16,4096]");
    expect(readdirSync(dir)).toEqual([]);
  });

  it('makes rows as long as asked for, at most the positions of the checkpoint', async () => {
    const dir = temporaryFolder();
    const build = (rowTokens: number | undefined, name: TinyCheckpoint = 'llama') =>
      buildModel({ ...tinyBuildOptions(name, join(dir, 'm')), rowTokens });
    const [usual, longer] = [await build(undefined), await build(4096)];
    expect([usual, longer].map(({ blueprint }) => blueprint.rowTokens)).toEqual([2048, 4096]);
    expect(longer.buckets.slice(-3)).toEqual([2048, 3072, 4096]);
    expect(longer.weights.bytes - usual.weights.bytes).toBe(2048 * 8 * 4);
    expect(await readManifest(join(dir, 'm'))).toEqual(longer);
    await expect(build(4097)).rejects.toThrow(
      'config.json: "max_position_embeddings": the number of positions is 4096; allowed: at least 4097, as --row-tokens asks',
    );
    expect((await build(4096, 'llama-q8_0')).blueprint.rowTokens).toBe(4096);
    await expect(build(4097, 'llama-q8_0')).rejects.toThrow(
      'metadata "llama.context_length": the number of positions is 4096; allowed: at least 4097',
    );
  });

  it('refuses a checkpoint whose positions leave no room for a query, naming the limit', async () => {
    const dir = temporaryFolder();
    const from = join(dir, 'from');
    cpSync(tinyPath('llama'), from, { recursive: true });
    const path = join(from, 'config.json');
    const config = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      config.replace('"max_position_embeddings": 4096', '"max_position_embeddings": 128'),
    );
    const options = { ...tinyBuildOptions('llama', join(dir, 'm')), from, template: undefined };
    await expect(buildModel(options)).rejects.toThrow(
      /^the template's prefix has \d+ tokens without a query; at most \d+ fit a row beside the suffix and a candidate: a row of the model has 128 \(its positions, or --row-tokens/,
    );
    expect(readdirSync(dir)).toEqual(['from']);
  });

  it('writes the normalization steps to the manifest, and no field when there are none', async () => {
    const build = async (normalize: BuildOptions['normalize']) => {
      const to = join(temporaryFolder(), 'llama');
      const built = await buildModel({ ...tinyBuildOptions('llama', to), normalize });
      return { ...built, written: readFileSync(join(to, 'manifest.json'), 'utf8') };
    };
    const [plain, none, some] = [await build(undefined), await build([]), await build(['html'])];
    expect(none.written).toBe(plain.written);
    expect(plain.written).not.toContain('normalize');
    expect(some.normalize).toEqual(['html']);
    expect(some.fingerprint).not.toBe(plain.fingerprint);
    expect(some.templateHash).toBe(plain.templateHash);
  });

  it("takes the family's template when none is given", async () => {
    const to = join(temporaryFolder(), 'm');
    const built = await buildModel({ ...tinyBuildOptions('qwen3', to), template: undefined });
    expect(built.template.suffix).toContain('<think>');
  });
});

describe('the default buckets', () => {
  it('end with the longest row', () => {
    expect(defaultBuckets(2048).at(-1)).toBe(2048);
    expect(defaultBuckets(100)).toEqual([16, 32, 48, 64, 96, 100]);
  });
});

describe('building a model that cannot answer', () => {
  it('is refused when the logits are NaN, and keeps the older model', async () => {
    const dir = temporaryFolder();
    const [from, to] = [join(dir, 'from'), join(dir, 'm')];
    const older = await buildHfTiny('llama', to);
    cpSync(tinyPath('llama'), from, { recursive: true });
    overflow(join(from, 'model.safetensors'));
    await expect(buildModel({ ...tinyBuildOptions('llama', to), from })).rejects.toMatchObject({
      reason: 'MODEL_CANNOT_ANSWER',
      message: 'llama cannot answer a plain question: its logits are NaN, NaN, NaN, NaN',
    });
    expect(await readManifest(to)).toEqual(older);
    expect(readdirSync(dir).toSorted()).toEqual(['from', 'm']);
  });

  it('is refused when the tokenizer has a token that the embedding has no row for', async () => {
    const dir = temporaryFolder();
    const from = join(dir, 'from');
    cpSync(tinyPath('llama'), from, { recursive: true });
    const path = join(from, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(path, 'utf8')) as { added_tokens: object[] };
    tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 288, content: '<late>' });
    writeFileSync(path, JSON.stringify(tokenizer));
    await expect(
      buildModel({ ...tinyBuildOptions('llama', join(dir, 'm')), from }),
    ).rejects.toThrow(
      `the tokenizer of ${from} gives the token "<late>" the id 288; the model's embedding has 288 rows, for ids 0 to 287`,
    );
  });
});

/** Makes the first block's products larger than any float. */
function overflow(path: string): void {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { readonly data_offsets: readonly [number, number] }
  >;
  for (const name of ['up_proj', 'down_proj']) {
    const [from, to] = header[`model.layers.0.mlp.${name}.weight`]?.data_offsets ?? [0, 0];
    for (let place = start + from; place < start + to; place += 4) {
      bytes.writeFloatLE(bytes.readFloatLE(place) * 1e20, place);
    }
  }
  writeFileSync(path, bytes);
}

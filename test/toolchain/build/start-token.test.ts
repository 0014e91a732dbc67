import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readManifest } from '../../../src/model/manifest.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import type { GgufValue } from '../../../src/toolchain/gguf/metadata.ts';
import { startOfFiles, startOfGguf } from '../../../src/toolchain/build/start-token.ts';
import { buildHfTiny, tinyBuildOptions, tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const template = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
};
const last = { ...template, single: template.single.toReversed() };
const sequence = { type: 'Sequence', processors: [{ type: 'ByteLevel' }, template] };

describe('the start token of a tokenizer', () => {
  it.each<[string, unknown, object | undefined, object | undefined]>([
    ['no post-processor', null, undefined, undefined],
    ['a byte-level post-processor', { type: 'ByteLevel' }, {}, undefined],
    ['a template that puts it last', last, {}, undefined],
    ['a template', template, {}, { token: '<s>', saidBy: 'its post_processor' }],
    ['a sequence', sequence, undefined, { token: '<s>', saidBy: 'its post_processor' }],
    [
      "RoBERTa's post-processor",
      { type: 'RobertaProcessing', cls: ['<s>', 0] },
      {},
      { token: '<s>', saidBy: 'its post_processor' },
    ],
    [
      'a config that asks for it',
      null,
      { add_bos_token: true, bos_token: { content: '<b>' } },
      { token: '<b>', saidBy: 'add_bos_token of tokenizer_config.json' },
    ],
    ['a config that forbids it', template, { add_bos_token: false }, undefined],
    ['a config that only names it', null, { bos_token: '<b>' }, undefined],
  ])('is read from %s', (_what, processor, config, expected) => {
    const text = JSON.stringify({ post_processor: processor });
    const bytes = config === undefined ? undefined : Buffer.from(JSON.stringify(config));
    expect(startOfFiles(text, bytes)).toEqual(expected);
  });

  const tokens = ['<s>', 'a'];
  it.each<[string, Record<string, GgufValue>, object | undefined]>([
    [
      'asks for it',
      { add_bos_token: true, pre: 'qwen2' },
      { saidBy: 'tokenizer.ggml.add_bos_token' },
    ],
    ['forbids it', { add_bos_token: false, pre: 'llama-bpe' }, undefined],
    ['has Llama 3’s default', { pre: 'llama-bpe' }, { saidBy: 'tokenizer.ggml.pre llama-bpe' }],
    ['has Qwen’s default', { pre: 'qwen2' }, undefined],
    ['has no such token', { pre: 'llama-bpe', bos_token_id: 2 }, undefined],
  ])('is read from a GGUF file that %s', (_what, values, expected) => {
    const entries = Object.entries({ bos_token_id: 0, tokens, ...values });
    const metadata = new Map(entries.map(([key, value]) => [`tokenizer.ggml.${key}`, value]));
    expect(startOfGguf({ source: { name: 'some.gguf' }, metadata })).toEqual(
      expected && { token: '<s>', ...expected },
    );
  });
});

describe('model build', () => {
  it('warns of a template without the start token, which the manifest names', async () => {
    const dir = temporaryFolder();
    const from = join(dir, 'from');
    cpSync(tinyPath('llama'), from, { recursive: true });
    const config = { add_bos_token: true, bos_token: '<|endoftext|>' };
    writeFileSync(join(from, 'tokenizer_config.json'), JSON.stringify(config));
    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    const to = join(dir, 'm');
    await buildModel({ ...tinyBuildOptions('llama', to), from, onProgress });
    expect(lines.at(-1)).toMatch(
      /^warning: the model's tokenizer puts <\|endoftext\|> before every/,
    );
    const saidBy = 'add_bos_token of tokenizer_config.json';
    expect((await readManifest(to)).startToken).toEqual({ token: '<|endoftext|>', saidBy });
    await buildHfTiny('llama', to);
    expect(readFileSync(join(to, 'manifest.json'), 'utf8')).not.toContain('startToken');
  });

  it('warns of chat tags that the tokenizer does not know', async () => {
    const dir = temporaryFolder();
    const from = join(dir, 'from');
    cpSync(tinyPath('llama'), from, { recursive: true });
    const path = join(from, 'tokenizer.json');
    const file = JSON.parse(readFileSync(path, 'utf8')) as { added_tokens: object[] };
    writeFileSync(path, JSON.stringify({ ...file, added_tokens: file.added_tokens.slice(0, 1) }));
    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    const options = { ...tinyBuildOptions('llama', join(dir, 'm')), from, onProgress };
    await buildModel({ ...options, template: undefined });
    expect(lines.filter((line) => line.startsWith('warning: '))).toEqual([
      expect.stringContaining('has <|im_start|> and <|im_end|>, which the tokenizer does not know'),
    ]);
  });
});

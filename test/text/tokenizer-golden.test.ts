import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createTokenizer } from '../../src/text/tokenizer/tokenizer.ts';
import {
  type GoldenName,
  readGolden,
  readGoldenTokenizer,
} from '../support/models/golden-tokenizer.ts';

/** Made by test/golden/make_tokenizer.py with Hugging Face tokenizers. */
interface Golden {
  readonly texts: readonly (string | readonly [unit: string, times: number])[];
  readonly ids: Readonly<Record<GoldenName, readonly string[]>>;
  readonly template: Readonly<
    Record<GoldenName, readonly [text: string, ids: readonly number[]][]>
  >;
}

const golden = JSON.parse(readGolden('tokenizer-texts.json')) as Golden;

describe.each(['smollm2', 'qwen', 'llama3'] as const)('the %s tokenizer', (name) => {
  const tokenizer = createTokenizer(readGoldenTokenizer(name), name);

  it('gives the ids of the reference for thousands of real and awkward texts', () => {
    const different = golden.texts.flatMap((spec, i) => {
      const text = typeof spec === 'string' ? spec : spec[0].repeat(spec[1]);
      const found = summarize(tokenizer.encode(text));
      return found === golden.ids[name][i] ? [] : [{ text: text.slice(0, 60), found }];
    });
    expect(golden.texts.length).toBeGreaterThan(4000);
    expect(different).toEqual([]);
  });

  it('gives the ids of the reference where added tokens are recognised', () => {
    for (const [text, ids] of golden.template[name]) {
      expect([...tokenizer.encodeTemplate(text)]).toEqual(ids);
    }
  });

  it.each(['a', ' ', '招聘', '\u0300\u0327'])('encodes a megabyte of %j', (unit) => {
    const text = unit.repeat(1_000_000 / Buffer.byteLength(unit));
    expect(tokenizer.encode(text).length).toBeGreaterThan(0);
  });
});

function summarize(ids: Int32Array): string {
  return `${ids.length}:${createHash('sha256').update(ids.join(',')).digest('hex').slice(0, 12)}`;
}

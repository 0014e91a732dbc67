import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { sha256 } from '../../../src/base/files/sha256.ts';
import { parseRecipe, readRecipe } from '../../../src/toolchain/build/recipe.ts';

const folder = fileURLToPath(new URL('../../../models/recipes/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const text = readFileSync(`${folder}smollm2-135m-instruct.json`, 'utf8');

function broken(part: string, change: object): string {
  const recipe = JSON.parse(text) as Record<string, object>;
  return JSON.stringify({ ...recipe, [part]: { ...recipe[part], ...change } });
}

describe('recipes', () => {
  it.each(files)('%s parses and is named after its file', async (file) => {
    const name = file.replace(/\.json$/, '');
    const recipe = await readRecipe(name);
    expect(recipe.name).toBe(name);
    expect(recipe.sha256).toBe(sha256(readFileSync(`${folder}${file}`)));
  });

  it('can have a candidate-first template', () => {
    const change = { prefix: '{instruction}\nD: ', suffix: '\nQ: {query}\n{context}A:' };
    const { template } = parseRecipe(broken('template', change), 'r.json');
    expect(template).toMatchObject(change);
    expect(() =>
      parseRecipe(broken('template', { suffix: '{query}{context}!' }), 'r.json'),
    ).toThrow(/^r\.json: .*template\.prefix has \{query\} 1 times/);
  });

  it.each([
    ['int8', { cpu: 'int8', cuda: 'int8' }],
    [
      { cpu: 'int8', cuda: 'fp16' },
      { cpu: 'int8', cuda: 'fp16' },
    ],
  ])('can have one precision, or one for each kind of device: %j', (precision, expected) => {
    const recipe = { ...(JSON.parse(text) as object), precision };
    expect(parseRecipe(JSON.stringify(recipe), 'r.json').precision).toEqual(expected);
  });

  it.each([
    ['fp8', /'precision' is "fp8"; one of "fp32", "fp16", "int8" is needed/],
    [{ cpu: 'int8' }, /'precision\.cuda' is missing; one of "fp32", "fp16" is needed/],
    [{ cpu: 'int8', cuda: 'int8' }, /'precision\.cuda' is "int8"; one of "fp32", "fp16" is needed/],
    [{ cpu: 'fp16', cuda: 'fp16' }, /'precision\.cpu' is "fp16"; one of "fp32", "int8" is needed/],
    [['int8'], /'precision' is \["int8"\]; one of "fp32", "fp16", "int8" is needed/],
  ])('are refused with an unknown or missing precision: %j', (precision, message) => {
    const recipe = { ...(JSON.parse(text) as object), precision };
    expect(() => parseRecipe(JSON.stringify(recipe), 'r.json')).toThrow(message);
  });

  it('can list the steps that normalize texts', () => {
    const withSteps = (normalize: unknown) =>
      parseRecipe(JSON.stringify({ ...(JSON.parse(text) as object), normalize }), 'r.json');
    expect(parseRecipe(text, 'r.json').normalize).toBeUndefined();
    expect(withSteps(['nfkc', 'capitals']).normalize).toEqual(['nfkc', 'capitals']);
    expect(() => withSteps(['capitals', 'nfkc'])).toThrow(
      /^r\.json: 'normalize' is \["capitals","nfkc"\]; a list of some of html, nfkc, /,
    );
  });

  it('can keep inputs in floats', () => {
    const withFloats = (floats: unknown) =>
      parseRecipe(JSON.stringify({ ...(JSON.parse(text) as object), floats }), 'r.json').floats;
    expect(parseRecipe(text, 'r.json').floats).toEqual([]);
    expect(withFloats(['0.gateUp', '21.down'])).toEqual([
      { layer: 0, kind: 'gateUp' },
      { layer: 21, kind: 'down' },
    ]);
    const message = /^r\.json: 'floats' is .*; a list of LAYER\.INPUT, such as 0\.down, is needed/;
    expect(() => withFloats(['0.gate'])).toThrow(message);
    expect(() => withFloats([0])).toThrow(/^r\.json: 'floats' is \[0\]; a list of texts is needed/);
  });

  it('that do not exist are refused with a list of the existing ones', async () => {
    await expect(readRecipe('none')).rejects.toThrow(
      /no recipe 'none' in models\/recipes; it has .*smollm2-135m-instruct/,
    );
  });

  it.each([
    ['source', { kind: 'http' }, /'source\.kind' is "http"/],
    ['source', { package: '--index-url=x' }, /'source\.package' is .* a package name is needed/],
    [
      'source',
      { member: '../../etc/x' },
      /'source\.member' is .* a path inside the wheel is needed/,
    ],
    ['source', { wheelSha256: '00' }, /'source\.wheelSha256' is "00"; a SHA-256 is needed/],
    ['labels', { no: '' }, /'labels\.no' is ""; a word is needed/],
    ['template', { prefix: 'x' }, /template\.prefix has \{instruction\} 0 times/],
  ])('that are broken are refused (%s: %j)', (part, change, message) => {
    const parse = () => parseRecipe(broken(part, change), 'r.json');
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^r\.json: /);
  });
});

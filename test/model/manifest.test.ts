import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  formatManifest,
  type Manifest,
  parseManifest,
  readManifest,
  scoreFingerprint,
  verifyFiles,
} from '../../src/model/manifest.ts';
import { sha256 } from '../../src/base/files/sha256.ts';
import { createTemplate, templateHash } from '../../src/text/template.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const template = createTemplate({
  prefix: '{instruction}|{query}|{context}',
  context: 'C {context}',
  title: '{title}: ',
  suffix: '?',
  instruction: 'Judge.',
});

function fileOf(file: string, content: string) {
  return { file, bytes: content.length, sha256: sha256(content) };
}

const plan = { layout: 'masked', attentionGroups: 4 } as const;

const identity = {
  precision: 'fp32' as const,
  templateHash: templateHash(template),
  labels: { yes: { text: 'Yes', id: 3 }, no: { text: 'No', id: 4 } },
  graphs: { cpu: { score: { ...plan, ...fileOf('graph.onnx', 'graph') } } },
  weights: fileOf('weights.bin', 'weights'),
  tokenizer: fileOf('tokenizer.json', '{}'),
};

const valid: Manifest = {
  format: 1,
  name: 'tiny-1.0',
  blueprint: {
    family: 'qwen3',
    layers: 2,
    width: 32,
    mlpWidth: 64,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    vocabulary: 288,
    ropeTheta: 1e6,
    normEpsilon: 1e-6,
    qkNorm: true,
    qkvBias: false,
    tiedHead: true,
    rowTokens: 2048,
  },
  parameters: 34016,
  template,
  ...identity,
  buckets: [16, 32, 64],
  source: { description: 'made here', licence: 'Apache-2.0', sha256: sha256('source') },
  recipe: { name: 'tiny', sha256: sha256('recipe') },
  fingerprint: scoreFingerprint(identity),
};

/** The valid manifest with one field, given by its path, set to a value. */
function broken(path: string, value: unknown): string {
  const copy = structuredClone(valid) as unknown as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const holder = names.reduce((at, name) => at[name] as Record<string, unknown>, copy);
  holder[last] = value;
  return JSON.stringify(copy);
}

describe('a manifest', () => {
  it('is read back as it was written', () => {
    expect(parseManifest(formatManifest(valid), 'manifest.json')).toEqual(valid);
    expect(formatManifest(valid)).not.toContain('query-first');
  });

  it('may be of a model built without a recipe', () => {
    const text = broken('recipe', undefined);
    expect(parseManifest(text, 'manifest.json').recipe).toBeUndefined();
  });

  it('lists the normalization steps in their order', () => {
    const normalize = ['html', 'spaces'] as const;
    const fingerprint = scoreFingerprint({ ...identity, normalize });
    const text = JSON.stringify({ ...valid, normalize, fingerprint });
    expect(parseManifest(text, 'manifest.json').normalize).toEqual(normalize);
    expect(() => parseManifest(broken('normalize', normalize), 'manifest.json')).toThrow(
      `'fingerprint' is "${valid.fingerprint}"; ${fingerprint}, the hash of what it describes`,
    );
  });

  it.each([
    ['format', 2, "'format' is 2; one of 1 is needed"],
    ['name', '../up', '\'name\' is "../up"; a name of letters'],
    ['blueprint', [], "'blueprint' is []; an object is needed"],
    [
      'blueprint.family',
      'gpt2',
      '\'blueprint.family\' is "gpt2"; one of "llama", "qwen2", "qwen3"',
    ],
    ['blueprint.layers', 0, "'blueprint.layers' is 0; a whole number from 1 to 1048576 is needed"],
    ['blueprint.width', 1.5, "'blueprint.width' is 1.5; a whole number"],
    ['blueprint.kvHeads', 3, "'blueprint.kvHeads' is 3; a divisor of 4 heads is needed"],
    [
      'blueprint.ropeScaling',
      { divisors: [1], attentionFactor: 1 },
      "'blueprint.ropeScaling.divisors' is [1]; ",
    ],
    ['blueprint.classes', [7], "'blueprint.classes' is [7]; a list of texts is needed"],
    ['blueprint.classes', ['no', 'yes'], "'labels.yes.id' is "],
    ['blueprint.ropeTheta', -1, "'blueprint.ropeTheta' is -1; a number above 0 is needed"],
    ['blueprint.qkNorm', 'yes', '\'blueprint.qkNorm\' is "yes"; true or false is needed'],
    [
      'blueprint.rowTokens',
      131_073,
      "'blueprint.rowTokens' is 131073; a whole number from 32 to 131072",
    ],
    ['parameters', undefined, "'parameters' is missing; a whole number"],
    ['precision', 'int4', '\'precision\' is "int4"; one of "fp32", "fp16", "int8" is needed'],
    [
      'template.prefix',
      'no place',
      'template.prefix has {instruction} 0 times; it must have it once',
    ],
    ['template.suffix', '', 'template.suffix is empty'],
    ['template.title', 7, "'template.title' is 7; text is needed"],
    ['templateHash', 'f00', '\'templateHash\' is "f00"; a SHA-256 is needed'],
    ['templateHash', sha256(''), 'the hash of its template, is needed'],
    [
      'normalize',
      ['spaces', 'html'],
      '\'normalize\' is ["spaces","html"]; a list of some of html, nfkc, invisible, spaces, capitals, each once and in this order, is needed',
    ],
    ['normalize', ['html', 'html'], '\'normalize\' is ["html","html"]; a list of some of html'],
    ['normalize', ['lower'], '\'normalize\' is ["lower"]; a list of some of html'],
    ['normalize', 'all', '\'normalize\' is "all"; a list is needed'],
    ['labels.yes.id', 288, "'labels.yes.id' is 288; a whole number from 0 to 287 is needed"],
    ['labels.no', { text: 'No', id: 3 }, 'an id other than that of yes is needed'],
    [
      'graphs.cpu.score.file',
      '../graph.onnx',
      '\'graphs.cpu.score.file\' is "../graph.onnx"; a plain file name is needed',
    ],
    ['weights.bytes', -5, "'weights.bytes' is -5; a whole number"],
    ['tokenizer.sha256', 'abc', '\'tokenizer.sha256\' is "abc"; a SHA-256 is needed'],
    ['buckets', [], "'buckets' is []; an ascending list is needed"],
    ['buckets', [32, 16], "'buckets' is [32,16]; an ascending list is needed"],
    ['buckets', [4096], "'buckets' is [4096]; a list of whole numbers from 1 to 2048 is needed"],
    ['buckets', 16, "'buckets' is 16; a list is needed"],
    ['source.licence', undefined, "'source.licence' is missing; text is needed"],
    ['recipe', { name: 'x' }, "'recipe.sha256' is missing; a SHA-256 is needed"],
    ['fingerprint', sha256(''), 'the hash of what it describes, is needed'],
  ])('with %s %j is refused, saying what is allowed where', (path, value, message) => {
    const parse = () => parseManifest(broken(path, value), '/models/x/manifest.json');
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^\/models\/x\/manifest\.json: /);
  });

  it('that is not JSON, or not an object, is refused', () => {
    expect(() => parseManifest('{', 'manifest.json')).toThrow(/^manifest\.json: not JSON: /);
    expect(() => parseManifest('[]', 'manifest.json')).toThrow('is []; an object is needed');
  });
});

describe('the score fingerprint', () => {
  it('changes with everything that decides a score', () => {
    const other = { file: 'x', bytes: 1, sha256: sha256('other') };
    const changed = [
      { weights: other },
      { graphs: { cpu: { score: { ...plan, ...other } } } },
      { graphs: { ...identity.graphs, cuda: { score: { ...plan, ...other } } } },
      { tokenizer: other },
      { templateHash: sha256('other') },
      { precision: 'fp16' as const },
      { labels: { yes: identity.labels.no, no: identity.labels.yes } },
      { normalize: ['html'] as const },
      { normalize: ['html', 'nfkc'] as const },
    ].map((change) => scoreFingerprint({ ...identity, ...change }));
    expect(new Set([scoreFingerprint(identity), ...changed]).size).toBe(changed.length + 1);
  });

  it('of a model without normalization equals that of models built before it existed', () => {
    const plain = '13e700389ca7c12b8eff931f25b9bcf309e62daf270e354632045a68e53342bf';
    expect(scoreFingerprint(identity)).toBe(plain);
    expect(scoreFingerprint({ ...identity, normalize: [] })).toBe(plain);
  });

  it('does not depend on file names', () => {
    const graphs = { cpu: { score: { ...identity.graphs.cpu.score, file: 'other.onnx' } } };
    expect(scoreFingerprint({ ...identity, graphs })).toBe(scoreFingerprint(identity));
  });
});

describe("a built model's folder", () => {
  const model = () =>
    temporaryFolder({
      'manifest.json': JSON.stringify(valid),
      'graph.onnx': 'graph',
      'weights.bin': 'weights',
      'tokenizer.json': '{}',
    });

  it('is accepted when every file has its size and checksum', async () => {
    const dir = model();
    const manifest = await readManifest(dir);
    const stamps = await verifyFiles(dir, manifest);
    expect(Object.keys(stamps)).toEqual(['graph.onnx', 'weights.bin', 'tokenizer.json']);
  });

  it('without a manifest is not a model', async () => {
    await expect(readManifest(temporaryFolder())).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringMatching(/is not a built model: it has no manifest\.json$/),
    });
  });

  it('with a missing file is refused', async () => {
    const dir = model();
    rmSync(join(dir, 'weights.bin'));
    await expect(readManifest(dir)).rejects.toThrow('weights.bin is missing');
  });

  it('with a truncated file is refused on reading', async () => {
    const dir = model();
    truncateSync(join(dir, 'weights.bin'), 3);
    await expect(readManifest(dir)).rejects.toThrow('has 3 bytes; the manifest says 7');
  });

  it('with a changed file of the same size is refused by its checksum', async () => {
    const dir = model();
    writeFileSync(join(dir, 'weights.bin'), 'weighty');
    const manifest = await readManifest(dir);
    await expect(verifyFiles(dir, manifest)).rejects.toThrow(
      `has SHA-256 ${sha256('weighty')}; the manifest says ${sha256('weights')}`,
    );
  });

  it.each(['manifest.json', 'graph.onnx', 'weights.bin', 'tokenizer.json'])(
    'whose %s is a pipe or a folder is refused at once',
    async (file) => {
      const dir = model();
      rmSync(join(dir, file));
      execFileSync('mkfifo', [join(dir, file)]);
      await expect(readManifest(dir)).rejects.toThrow(`${file} is a pipe; a file is needed`);
      rmSync(join(dir, file));
      mkdirSync(join(dir, file));
      await expect(readManifest(dir)).rejects.toThrow(`${file} is a folder; a file is needed`);
    },
  );

  it('with a file over the size limit is refused before it is read', async () => {
    const dir = model();
    truncateSync(join(dir, 'weights.bin'), 40 * 2 ** 30);
    await expect(readManifest(dir)).rejects.toThrow(
      /weights\.bin has 42949672960 bytes; at most 17179869184 are allowed/,
    );
    truncateSync(join(dir, 'manifest.json'), 2 ** 30);
    await expect(readManifest(dir)).rejects.toThrow(
      'manifest.json has 1073741824 bytes; at most 4194304 are allowed',
    );
  });
});

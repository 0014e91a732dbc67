import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RankError } from '../../base/errors.ts';
import {
  type Blueprint,
  formatManifest,
  type Manifest,
  manifestFile,
  manifestFormat,
  type Precision,
  readManifest,
  scoreFingerprint,
} from '../../model/manifest.ts';
import type { PromptTemplate } from '../../text/template.ts';
import { sha256, sha256OfFile } from '../../base/files/sha256.ts';
import type { NormalizeStep } from '../../text/normalize/normalize.ts';
import { countTemplateTokens } from '../../encode/request-encoder.ts';
import { templateHash } from '../../text/template.ts';
import { builtinTemplate } from '../../model/builtin-template.ts';
import { findTemplateWarnings } from '../../text/template-warnings.ts';
import {
  assertVocabulary,
  createTokenizer,
  type Tokenizer,
} from '../../text/tokenizer/tokenizer.ts';
import { adapterFiles } from '../checkpoint/adapter.ts';
import { assertBuiltAnswers } from '../verify/assert-built-answers.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { openGguf } from '../gguf/gguf.ts';
import { buildTokenizerJson } from '../gguf/tokenizer.ts';
import { findLabels } from '../checkpoint/config/label-head.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { graphPlans } from '../graph/graph-plans.ts';
import { buildRankGraph } from '../graph/rank-graph.ts';
import { replaceFolder } from '../../model/replace-folder.ts';
import { findStartToken } from './start-token.ts';
import type { LayerInput } from '../graph/layer-inputs.ts';

export interface SourceFiles {
  /** A GGUF file, or a Hugging Face folder with safetensors. */
  readonly from: string;
  /** A folder with a low-rank adapter in PEFT's layout, which is merged into the weights. */
  readonly adapter?: string | undefined;
}

export interface BuildOptions extends SourceFiles {
  /** The model's folder; an existing built model is replaced once the new one is complete. */
  readonly to: string;
  readonly name: string;
  readonly precision: Precision;
  /** Inputs that an int8 graph keeps in floats, besides those that a compact checkpoint keeps. */
  readonly floats?: readonly LayerInput[];
  /** The built-in template of the model's family when undefined. */
  readonly template: PromptTemplate | undefined;
  /** The steps that normalize callers' texts before they are encoded; none when undefined. */
  readonly normalize?: readonly NormalizeStep[] | undefined;
  /** Words of one token each, or the names of a classifier's classes. */
  readonly labels: readonly [yes: string, no: string];
  /** A tokenizer.json. When undefined: the folder's own, or one made from the GGUF's vocabulary. */
  readonly tokenizer: string | undefined;
  /**
   * Most tokens of a row, at most the checkpoint's positions. When undefined: `defaultRowTokens`,
   * or fewer if the checkpoint has fewer positions.
   */
  readonly rowTokens?: number | undefined;
  /** `defaultBuckets` when undefined. */
  readonly buckets: readonly number[] | undefined;
  readonly source: { readonly description: string; readonly licence: string };
  readonly recipe: Manifest['recipe'];
  /** Called with progress messages. */
  readonly onProgress: (line: string) => void;
}

const ladder = [
  16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192,
  12_288, 16_384, 24_576, 32_768, 49_152, 65_536, 98_304,
];
const tokenizerFile = 'tokenizer.json';

/**
 * Builds a model's folder (graph, weights, tokenizer, manifest) from a checkpoint. A failed build
 * leaves the folder as it was.
 *
 * @throws CheckpointError, or RankError when a label is not one token, a file is missing, or the
 * built model cannot answer a question.
 */
export async function buildModel(options: BuildOptions): Promise<Manifest> {
  options.onProgress(`reading ${options.from}`);
  const checkpoint = await openCheckpoint(options.from, options.adapter, options.rowTokens);
  try {
    await replaceFolder(options.to, async (dir) => {
      await fillFolder(checkpoint, options, dir);
      await assertBuiltAnswers(dir, await readManifest(dir));
    });
  } finally {
    await checkpoint.close();
  }
  return readManifest(options.to);
}

/** The lengths of `ladder` that are shorter than the longest row, and the longest row. */
export function defaultBuckets(rowTokens: number): readonly number[] {
  return [...ladder.filter((length) => length < rowTokens), rowTokens];
}

/**
 * The SHA-256 of one file. For several files: the SHA-256 of the lines `sha256  name`, one for each
 * file in the order of their names.
 */
export async function sourceSha256(paths: readonly string[]): Promise<string> {
  const inOrder = paths.toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1));
  const sums = await Promise.all(
    inOrder.map(async (path) => ({ sum: await sha256OfFile(path), name: basename(path) })),
  );
  const [only] = sums;
  return sums.length === 1 && only !== undefined
    ? only.sum
    : sha256(sums.map(({ sum, name }) => `${sum}  ${name}\n`).join(''));
}

/** `sourceSha256` of a checkpoint's weight files, and of the two files of the adapter, if any. */
export async function hashSource(
  { files }: Pick<Checkpoint, 'files'>,
  { from, adapter }: SourceFiles,
): Promise<string> {
  const isFile = (await stat(from)).isFile();
  const own = isFile ? [from] : files.map((name) => join(from, basename(name)));
  const added = adapter === undefined ? [] : adapterFiles.map((name) => join(adapter, name));
  return sourceSha256([...own, ...added]);
}

async function fillFolder(
  checkpoint: Checkpoint,
  options: BuildOptions,
  dir: string,
): Promise<void> {
  const tokenizer = await writeTokenizer(options, join(dir, tokenizerFile));
  const { blueprint } = checkpoint;
  const labels = findAnswers(blueprint, tokenizer, options);
  const template = options.template ?? builtinTemplate(blueprint.family);
  const write = { ...options, template };
  const { graphs, weights, parameters } = await writeGraph(checkpoint, write, labels, dir);
  const identity = {
    precision: options.precision,
    templateHash: templateHash(template),
    normalize: options.normalize?.length === 0 ? undefined : options.normalize,
    labels,
    graphs,
    weights,
    tokenizer: await describeFile(dir, tokenizerFile),
  };
  const manifest: Manifest = {
    format: manifestFormat,
    name: options.name,
    blueprint,
    parameters,
    template,
    startToken: await findStartToken(options.from, options.tokenizer),
    templateTokens: countTemplateTokens(tokenizer, template),
    ...identity,
    buckets: options.buckets ?? defaultBuckets(blueprint.rowTokens),
    source: { ...options.source, sha256: await hashSource(checkpoint, options) },
    recipe: options.recipe,
    fingerprint: scoreFingerprint(identity),
  };
  await writeFile(join(dir, manifestFile), formatManifest(manifest));
  options.onProgress(`built ${options.name}: ${parameters} parameters, ${weights.bytes} bytes`);
  findTemplateWarnings({ ...manifest, tokenizer }).forEach((warning) =>
    options.onProgress(`warning: ${warning}`),
  );
}

function writeGraph(
  checkpoint: Checkpoint,
  { precision, floats = [], template, onProgress }: BuildOptions & { template: PromptTemplate },
  { yes, no }: Manifest['labels'],
  outDir: string,
) {
  return buildRankGraph(checkpoint, {
    precision,
    floats,
    plans: graphPlans(precision, template.order),
    outDir,
    labelIds: [yes.id, no.id],
    onProgress: reportTenths(onProgress),
  });
}

/** Writes the tokenizer to `path` and reads it back. Errors name the file that it came from. */
async function writeTokenizer(options: BuildOptions, path: string): Promise<Tokenizer> {
  const source = await copyTokenizer(options, path);
  return createTokenizer(await readFile(path, 'utf8'), source);
}

/** @returns where the tokenizer came from, for errors */
async function copyTokenizer({ from, tokenizer }: BuildOptions, path: string): Promise<string> {
  if (tokenizer === undefined && (await stat(from)).isFile()) {
    const gguf = await openGguf(from);
    await gguf.close();
    await writeFile(path, buildTokenizerJson(gguf));
    return `the tokenizer of ${from}`;
  }
  const source = tokenizer ?? join(from, tokenizerFile);
  await copyFile(source, path).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC') {
      throw cause;
    }
    throw new RankError('not-found', `${source} cannot be read: a tokenizer.json is needed`, {
      cause,
    });
  });
  return source;
}

function findAnswers(
  blueprint: Blueprint,
  tokenizer: Tokenizer,
  options: BuildOptions,
): Manifest['labels'] {
  const { from } = options;
  const labels = findLabels(blueprint, tokenizer, options.labels, from);
  const where = `the tokenizer of ${options.tokenizer ?? from}`;
  assertVocabulary(tokenizer, blueprint.vocabulary, where);
  if (blueprint.classes !== undefined) {
    options.onProgress(`${from} is a classifier: ${describeClasses(labels, blueprint)}`);
  }
  return labels;
}

function describeClasses({ yes, no }: Manifest['labels'], { classes = [] }: Blueprint): string {
  const rows =
    classes.length === 1
      ? `the one row of its head is the logit of '${yes.text}', and that of '${no.text}' is 0`
      : `row ${yes.id} of its head is '${yes.text}', row ${no.id} '${no.text}'`;
  return `${rows} (score.weight, in GGUF cls.output.weight); the vocabulary's logits are not used`;
}

async function describeFile(dir: string, file: string) {
  const path = join(dir, file);
  return { file, bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
}

function reportTenths(onProgress: (line: string) => void): (done: number, total: number) => void {
  let reported = -1;
  return (done, total) => {
    const tenth = Math.floor((10 * done) / total);
    if (tenth > reported) {
      reported = tenth;
      onProgress(`writing weights: ${tenth * 10} % of ${total} tensors`);
    }
  };
}

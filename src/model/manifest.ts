import { type FileEntry, hexHash, parseFile } from './file-entry.ts';
import { graphFiles, type ModelGraphs, parseGraphs } from './graphs.ts';
import { assertSizes } from './model-files.ts';
import { createTemplate, type PromptTemplate, templateHash } from '../text/template.ts';
import { join } from 'node:path';
import { at } from '../base/at.ts';
import { type Blueprint, parseBlueprint } from './blueprint.ts';
import { RankError } from '../base/errors.ts';
import { JsonRecord } from '../base/files/json-record.ts';
import { parsePromptFacts, type PromptFacts } from './prompt-facts.ts';
import { readRegularText, type ReadProgress } from '../base/files/regular-file.ts';
import { sha256 } from '../base/files/sha256.ts';
import { normalizeRules, type NormalizeStep, parseNormalize } from '../text/normalize/normalize.ts';

export { type Blueprint, families, type Family, leastRowTokens } from './blueprint.ts';
export { defaultRowTokens, mostRowTokens, type TemplateTokens } from './prompt-facts.ts';
export type { StartToken } from '../text/template-warnings.ts';
export { type FileStamps, verifyFiles } from './model-files.ts';
export { type GraphFile, type ModelGraphs, type Provider, scoreGraph } from './graphs.ts';

/** The manifest of a built model, `manifest.json` beside the graph: parsed once, trusted inside. */

export const manifestFile = 'manifest.json';
export const manifestFormat = 1;

/**
 * int8: linears in 8 bits (weights by output channel, activations by token row), the rest in fp32.
 */
export const precisions = ['fp32', 'fp16', 'int8'] as const;
export type Precision = (typeof precisions)[number];

export interface Label {
  readonly text: string;
  /** The id of a token, or of a class (0 or 1) if the blueprint has classes. */
  readonly id: number;
}

export interface Manifest extends PromptFacts {
  readonly format: typeof manifestFormat;
  readonly name: string;
  readonly blueprint: Blueprint;
  readonly parameters: number;
  readonly precision: Precision;
  readonly template: PromptTemplate;
  readonly templateHash: string;
  /** The steps that normalize callers' texts before they are encoded; undefined for none. */
  readonly normalize?: readonly NormalizeStep[] | undefined;
  readonly labels: { readonly yes: Label; readonly no: Label };
  readonly graphs: ModelGraphs;
  readonly weights: FileEntry;
  readonly tokenizer: FileEntry;
  /** Padded candidate lengths (candidate and suffix), ascending. */
  readonly buckets: readonly number[];
  readonly source: {
    readonly description: string;
    readonly licence: string;
    readonly sha256: string;
  };
  /** The recipe of the build and the hash of its file; undefined when it was built from options. */
  readonly recipe: { readonly name: string; readonly sha256: string } | undefined;
  /** `scoreFingerprint` of this manifest: equal fingerprints mean comparable scores. */
  readonly fingerprint: string;
}

/** Everything that decides a score, and nothing else (no names, dates or origins). */
type ScoreIdentity = Pick<
  Manifest,
  'weights' | 'graphs' | 'tokenizer' | 'templateHash' | 'labels' | 'precision' | 'normalize'
>;

/**
 * SHA-256 of the JSON list `["slmrank-score-1", weights, graph, tokenizer, templateHash, precision,
 * yes id, no id]` without spaces, with files as their SHA-256. The graph is the CPU's; it covers
 * the effect of a recipe beyond weights and template. A model with further graphs adds them, and
 * one that normalizes texts adds the version of the rules and the names of its steps.
 */
export function scoreFingerprint(of: ScoreIdentity): string {
  const { normalize = [] } = of;
  const [graph, ...others] = graphFiles(of.graphs).map(({ sha256: hash }) => hash);
  return sha256(
    JSON.stringify([
      'slmrank-score-1',
      of.weights.sha256,
      graph,
      of.tokenizer.sha256,
      of.templateHash,
      of.precision,
      of.labels.yes.id,
      of.labels.no.id,
      ...others,
      ...(normalize.length === 0 ? [] : [normalizeRules, ...normalize]),
    ]),
  );
}

/** Far above the size of any manifest: a larger file is not one of ours. */
const mostManifestBytes = 1 << 22;

/**
 * Reads the manifest of a built model's folder and checks that its files exist with the sizes it
 * names. Their contents are checked by `verifyFiles`.
 *
 * @throws RankError naming the file or field that is wrong.
 */
export async function readManifest(dir: string, progress?: ReadProgress): Promise<Manifest> {
  const path = join(dir, manifestFile);
  const limits = { mostBytes: mostManifestBytes, progress };
  const text = await readRegularText(path, limits).catch((cause: unknown) => {
    if (cause instanceof RankError) {
      throw cause;
    }
    throw new RankError('not-found', `${dir} is not a built model: it has no ${manifestFile}`, {
      cause,
    });
  });
  const manifest = parseManifest(text, path);
  await assertSizes(dir, manifest, progress);
  return manifest;
}

export const modelName = /^[\w.-]{1,100}$/;

/**
 * Reads a manifest's text; `where` names its file.
 *
 * @throws RankError naming field, found and allowed. Files are not touched: see `readManifest`.
 */
export function parseManifest(text: string, where: string): Manifest {
  const json = JsonRecord.parse(text, where);
  json.oneOf('format', [manifestFormat]);
  const blueprint = parseBlueprint(json.record('blueprint'));
  const manifest: Manifest = {
    format: manifestFormat,
    name: json.text('name', modelName, 'a name of letters, digits, dot, dash or underscore'),
    blueprint,
    parameters: json.count('parameters'),
    precision: json.oneOf('precision', precisions),
    template: parseTemplate(json.record('template')),
    templateHash: json.text('templateHash', hexHash, 'a SHA-256'),
    normalize: parseNormalize(json),
    ...parsePromptFacts(json),
    labels: parseLabels(json.record('labels'), blueprint),
    graphs: parseGraphs(json),
    weights: parseFile(json.record('weights')),
    tokenizer: parseFile(json.record('tokenizer')),
    buckets: parseBuckets(json, blueprint.rowTokens),
    source: parseSource(json.record('source')),
    recipe: json.has('recipe') ? parseRecipeReference(json.record('recipe')) : undefined,
    fingerprint: json.text('fingerprint', hexHash, 'a SHA-256'),
  };
  assertHashes(json, manifest);
  return manifest;
}

/** The text of a manifest's file. The template's order is left out, as its texts decide it. */
export function formatManifest(manifest: Manifest): string {
  const texts = { ...manifest, template: { ...manifest.template, order: undefined } };
  return `${JSON.stringify(texts, undefined, 2)}\n`;
}

/** Parses the five texts of a prompt template, each with its required placeholders. */
export function parseTemplate(json: JsonRecord): PromptTemplate {
  try {
    return createTemplate({
      prefix: json.text('prefix'),
      context: json.text('context'),
      title: json.text('title'),
      suffix: json.text('suffix'),
      instruction: json.text('instruction'),
    });
  } catch (error) {
    json.refuse(RankError.from(error).message);
  }
}

/** Padded candidate lengths, ascending and at most the tokens of a row. */
export function parseBuckets(json: JsonRecord, rowTokens: number): readonly number[] {
  const buckets = json.counts('buckets', { min: 1, max: rowTokens });
  if (buckets.length === 0 || buckets.some((each, i) => i > 0 && each <= at(buckets, i - 1))) {
    json.fail('buckets', 'an ascending list');
  }
  return buckets;
}

function parseLabels(json: JsonRecord, blueprint: Blueprint): Manifest['labels'] {
  const answers = blueprint.classes === undefined ? blueprint.vocabulary : 2;
  const parseLabel = (label: JsonRecord): Label => ({
    text: label.text('text', /./s, 'text that is not empty'),
    id: label.count('id', { min: 0, max: answers - 1 }),
  });
  const labels = { yes: parseLabel(json.record('yes')), no: parseLabel(json.record('no')) };
  if (labels.yes.id === labels.no.id) {
    json.fail('no', 'an id other than that of yes');
  }
  return labels;
}

function parseSource(json: JsonRecord): Manifest['source'] {
  return {
    description: json.text('description'),
    licence: json.text('licence'),
    sha256: json.text('sha256', hexHash, 'a SHA-256'),
  };
}

function parseRecipeReference(json: JsonRecord): NonNullable<Manifest['recipe']> {
  return {
    name: json.text('name', /./, 'a name'),
    sha256: json.text('sha256', hexHash, 'a SHA-256'),
  };
}

/** A manifest that was edited by hand would give scores a wrong fingerprint. */
function assertHashes(json: JsonRecord, manifest: Manifest): void {
  const template = templateHash(manifest.template);
  if (manifest.templateHash !== template) {
    json.fail('templateHash', `${template}, the hash of its template,`);
  }
  const fingerprint = scoreFingerprint(manifest);
  if (manifest.fingerprint !== fingerprint) {
    json.fail('fingerprint', `${fingerprint}, the hash of what it describes,`);
  }
}

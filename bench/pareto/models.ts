import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonRecord } from '../../src/json-record.ts';
import { parseTemplate, type PromptTemplate, readManifest } from '../../src/manifest.ts';
import { templateHash } from '../../src/text/template.ts';
import { buildModel, sourceSha256 } from '../../src/toolchain/build-model.ts';
import { openCheckpoint } from '../../src/toolchain/open-checkpoint.ts';
import type { BuiltModel } from './pair-scorer.ts';
import type { ModelRow, Row } from './plan.ts';
import { slug } from './score-store.ts';

/** A training recipe's templates by name, and its labels. */
export interface TrainingRecipe {
  readonly templates: ReadonlyMap<string, PromptTemplate>;
  readonly labels: readonly [yes: string, no: string];
}

export async function readTrainingRecipe(file: string): Promise<TrainingRecipe> {
  const json = JsonRecord.parse(await readFile(file, 'utf8'), file);
  const templates = json.record('templates');
  const names = ['queryFirst', 'candidateFirst'].filter((name) => templates.has(name));
  const labels = json.record('labels');
  return {
    templates: new Map(names.map((name) => [name, parseTemplate(templates.record(name))])),
    labels: [labels.text('yes'), labels.text('no')],
  };
}

/** The first file that a row needs and that is not there. */
export async function findMissing(row: Row): Promise<string | undefined> {
  const needed =
    row.kind === 'run'
      ? Object.values(row.runs).filter((file) => file !== undefined)
      : [join(row.path, row.build === undefined ? 'manifest.json' : 'config.json')];
  for (const file of needed) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (!found) {
      return file;
    }
  }
  return undefined;
}

/** The row's built model; a checkpoint is built under `state` unless it stands there of the same source already. */
export async function prepareModel(
  row: ModelRow,
  recipe: TrainingRecipe | undefined,
  { state, onProgress }: { readonly state: string; readonly onProgress: (line: string) => void },
): Promise<BuiltModel> {
  if (row.build === undefined) {
    return { dir: row.path, manifest: await readManifest(row.path) };
  }
  const template = recipe?.templates.get(row.build.template);
  if (recipe === undefined || template === undefined) {
    const known = [...(recipe?.templates.keys() ?? [])].join(', ') || 'none, as it names no recipe';
    throw new RangeError(`${row.name}: template '${row.build.template}'; the plan has ${known}`);
  }
  const { precision } = row.build;
  const dir = join(state, 'models', slug(row.name));
  const built = await readManifest(dir).catch(() => undefined);
  const isCurrent =
    built?.precision === precision &&
    built.templateHash === templateHash(template) &&
    built.source.sha256 === (await hashCheckpoint(row.path));
  if (built !== undefined && isCurrent) {
    return { dir, manifest: built };
  }
  const manifest = await buildModel({
    ...{ from: row.path, to: dir, name: slug(row.name), precision, template },
    ...{ labels: recipe.labels, tokenizer: undefined, buckets: undefined, recipe: undefined },
    source: { description: row.notes || row.name, licence: 'Apache-2.0' },
    onProgress: (line) => onProgress(`${row.name}: ${line}`),
  });
  return { dir, manifest };
}

async function hashCheckpoint(path: string): Promise<string> {
  const checkpoint = await openCheckpoint(path);
  await checkpoint.close();
  return sourceSha256(checkpoint.files.map((name) => join(path, name)));
}

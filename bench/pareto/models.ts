import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '../../src/manifest.ts';
import { templateHash } from '../../src/text/template.ts';
import { adapterFiles } from '../../src/toolchain/adapter.ts';
import { buildModel, hashSource, type SourceFiles } from '../../src/toolchain/build-model.ts';
import { openCheckpoint } from '../../src/toolchain/open-checkpoint.ts';
import { readRecipe } from '../../src/toolchain/recipe.ts';
import type { BuiltModel } from './pair-scorer.ts';
import type { ModelRow, Row } from './plan.ts';
import { slug } from './score-store.ts';

/** The first file that a row needs and that is not there. */
export async function findMissing(row: Row): Promise<string | undefined> {
  const needed =
    row.kind === 'run'
      ? Object.values(row.runs).filter((file) => file !== undefined)
      : [
          join(row.path, row.build === undefined ? 'manifest.json' : 'config.json'),
          ...(row.build?.adapter === undefined ? [] : [join(row.build.adapter, adapterFiles[0])]),
        ];
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
  { state, onProgress }: { readonly state: string; readonly onProgress: (line: string) => void },
): Promise<BuiltModel> {
  if (row.build === undefined) {
    return { dir: row.path, manifest: await readManifest(row.path) };
  }
  const { precision, adapter } = row.build;
  const { template, labels, licence } = await readRecipe(row.build.recipe);
  const dir = join(state, 'models', slug(row.name));
  const built = await readManifest(dir).catch(() => undefined);
  const isCurrent =
    built?.precision === precision &&
    built.templateHash === templateHash(template) &&
    built.labels.yes.text === labels[0] &&
    built.labels.no.text === labels[1] &&
    built.source.sha256 === (await hashCheckpoint({ from: row.path, adapter }));
  if (built !== undefined && isCurrent) {
    return { dir, manifest: built };
  }
  const manifest = await buildModel({
    ...{ from: row.path, adapter, to: dir, name: slug(row.name), precision, template },
    ...{ labels, tokenizer: undefined, buckets: undefined, recipe: undefined },
    source: { description: row.notes || row.name, licence },
    onProgress: (line) => onProgress(`${row.name}: ${line}`),
  });
  return { dir, manifest };
}

async function hashCheckpoint(source: SourceFiles): Promise<string> {
  const checkpoint = await openCheckpoint(source.from, source.adapter);
  await checkpoint.close();
  return hashSource(checkpoint, source);
}

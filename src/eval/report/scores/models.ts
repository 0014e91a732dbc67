import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from '../../../model/manifest.ts';
import { adapterFiles } from '../../../toolchain/checkpoint/adapter.ts';
import { hashSource, type SourceFiles } from '../../../toolchain/build/build-model.ts';
import { buildByRecipe } from '../../../toolchain/build/ensure-model.ts';
import { openCheckpoint } from '../../../toolchain/checkpoint/open-checkpoint.ts';
import { projectFolder } from '../../../toolchain/build/project-folder.ts';
import { readRecipe, type Recipe } from '../../../toolchain/build/recipe.ts';
import type { BuiltModel } from './scorers.ts';
import { type CheckpointBuild, type ModelRow, type Row, runFile } from '../input/plan.ts';
import { slug } from './score-store.ts';
import type { View } from '../input/views.ts';

/** The first of the files that a row needs that does not exist. */
export async function findMissing(row: Row, views: readonly View[]): Promise<string | undefined> {
  const needed =
    row.kind === 'run'
      ? views.flatMap((view) => runFile(row, view) ?? [])
      : row.build === undefined
        ? [join(row.path, 'manifest.json')]
        : checkpointFiles(row.path, row.build);
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

function checkpointFiles(path: string, { recipe, adapter }: CheckpointBuild): readonly string[] {
  return [
    join(path, 'config.json'),
    projectFolder(`models/recipes/${recipe}.json`),
    ...(adapter === undefined ? [] : [join(adapter, adapterFiles[0])]),
  ];
}

/**
 * The row's built model. A checkpoint is built into `state`, unless `state` has one of the same
 * files, recipe and precision.
 */
export async function prepareModel(
  row: ModelRow,
  { state, onProgress }: { readonly state: string; readonly onProgress: (line: string) => void },
): Promise<BuiltModel> {
  if (row.build === undefined) {
    return { dir: row.path, manifest: await readManifest(row.path) };
  }
  const { precision, adapter } = row.build;
  const recipe = await readRecipe(row.build.recipe);
  const source = { from: row.path, adapter };
  const dir = join(state, 'models', slug(row.name));
  const built = await readManifest(dir).catch(() => undefined);
  const isCurrent =
    built?.precision === precision &&
    built.recipe?.sha256 === recipe.sha256 &&
    built.source.sha256 === (await hashCheckpoint(source));
  if (built !== undefined && isCurrent) {
    return { dir, manifest: built };
  }
  const manifest = await buildByRecipe(
    {
      ...recipe,
      description: row.notes || row.name,
      floats: precision === 'int8' && isOwnCheckpoint(recipe, row.path) ? recipe.floats : [],
    },
    source,
    { precision, to: dir, onProgress: (line) => onProgress(`${row.name}: ${line}`) },
  );
  return { dir, manifest };
}

/**
 * The inputs that a recipe leaves in floats were chosen for its own checkpoint. Other checkpoints
 * may not have those layers.
 */
function isOwnCheckpoint({ source }: Recipe, path: string): boolean {
  return source.kind === 'bundled' && projectFolder(source.path) === path;
}

async function hashCheckpoint(source: SourceFiles): Promise<string> {
  const checkpoint = await openCheckpoint(source.from, source.adapter);
  await checkpoint.close();
  return hashSource(checkpoint, source);
}

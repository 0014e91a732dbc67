import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError, quote, refuse, within } from './checkpoint.ts';
import { asObject, type JsonObject, readJsonFile } from './limited-json.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';

/** One file, or the shards that an index lists. */
type SafetensorsLayout =
  | { readonly kind: 'single'; readonly file: string }
  | {
      readonly kind: 'sharded';
      readonly index: string;
      /** The shard of each tensor. */
      readonly weightMap: ReadonlyMap<string, string>;
      readonly files: readonly string[];
    };

const singleFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
/** Room for as many tensors as a header may have, at about 100 bytes each. */
const indexLimits = { bytes: 16 * 1024 * 1024, depth: 3 };
/**
 * Each shard is an open file and common systems allow 1,024; a 2 TB model in 5 GB shards has 400.
 */
const maxShards = 512;

/**
 * Opens every safetensors file of a Hugging Face folder. The caller closes their sources.
 *
 * @throws CheckpointError
 */
export async function openSafetensorsFolder(folder: string): Promise<readonly SafetensorsFile[]> {
  const layout = await findLayout(folder);
  if (layout.kind === 'single') {
    return [await openSafetensors(join(folder, layout.file))];
  }
  const opened: SafetensorsFile[] = [];
  try {
    for (const file of layout.files) {
      const shard = await openSafetensors(join(folder, file));
      opened.push(shard);
      assertMapped(shard, file, layout.weightMap);
    }
    assertPresent(opened, layout, folder);
    return opened;
  } catch (error) {
    await Promise.all(opened.map(({ source }) => source.close()));
    throw error;
  }
}

async function findLayout(folder: string): Promise<SafetensorsLayout> {
  if (await exists(join(folder, singleFile))) {
    return { kind: 'single', file: singleFile };
  }
  if (await exists(join(folder, indexFile))) {
    const path = join(folder, indexFile);
    const index = await readJsonFile(path, indexLimits);
    return { kind: 'sharded', index: indexFile, ...parseIndex(index, path) };
  }
  throw new CheckpointError(`${folder}: neither ${singleFile} nor ${indexFile} is there`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function parseIndex(
  index: JsonObject,
  path: string,
): {
  weightMap: ReadonlyMap<string, string>;
  files: readonly string[];
} {
  const where = within(path, 'weight_map');
  const weightMap = new Map<string, string>();
  for (const [name, file] of asObject(index.get('weight_map'), where)) {
    // Only a plain name, so that an index cannot reach files outside its folder.
    if (typeof file !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*\.safetensors$/.test(file)) {
      const tensor = within(where, `tensor ${quote(name)}`);
      return refuse(tensor, 'the file', file, 'a name within the folder, ending in .safetensors');
    }
    weightMap.set(name, file);
  }
  const files = [...new Set(weightMap.values())].toSorted();
  if (files.length < 1 || files.length > maxShards) {
    refuse(where, 'the number of files', files.length, `1 to ${maxShards}`);
  }
  return { weightMap, files };
}

/** Every tensor of a shard is listed for that shard, so no tensor can be in two of them. */
function assertMapped(
  shard: SafetensorsFile,
  file: string,
  weightMap: ReadonlyMap<string, string>,
): void {
  for (const name of shard.tensors.keys()) {
    if (weightMap.get(name) !== file) {
      const where = within(shard.source.name, `tensor ${quote(name)}`);
      refuse(where, `the file by ${indexFile}`, weightMap.get(name), quote(file));
    }
  }
}

/** Every tensor that the index lists is in a shard. */
function assertPresent(
  shards: readonly SafetensorsFile[],
  layout: SafetensorsLayout & { kind: 'sharded' },
  folder: string,
): void {
  const present = new Set(shards.flatMap((shard) => [...shard.tensors.keys()]));
  for (const [name, file] of layout.weightMap) {
    if (!present.has(name)) {
      refuse(
        within(join(folder, file), `tensor ${quote(name)}`),
        'the tensor',
        undefined,
        `as ${layout.index} says`,
      );
    }
  }
}

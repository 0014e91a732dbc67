import { join } from 'node:path';
import { RankError } from '../../base/errors.ts';
import { sha256OfFile } from '../../base/files/sha256.ts';
import type { BundledFolder } from './recipe.ts';

/**
 * Checks the files of a folder in the repository at `root` against their SHA-256.
 *
 * @returns the folder's path
 * @throws RankError naming the file that is missing or differs.
 */
export async function checkBundled(
  { path, files }: BundledFolder,
  { root, onProgress }: { readonly root: string; readonly onProgress: (line: string) => void },
): Promise<string> {
  const folder = join(root, path);
  onProgress(`checking ${folder}`);
  for (const { file, sha256 } of files) {
    const found = await sha256OfFile(join(folder, file)).catch((cause: unknown) => {
      throw new RankError(
        'not-found',
        `${join(folder, file)} cannot be read; the recipe's source names it`,
        { cause },
      );
    });
    if (found !== sha256) {
      throw new RankError(
        'invalid-argument',
        `${join(folder, file)} has SHA-256 ${found}; ${sha256} is expected: ` +
          'the file was changed, or git did not check it out completely',
      );
    }
  }
  return folder;
}

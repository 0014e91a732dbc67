import { join } from 'node:path';
import { RankError } from '../../base/errors.ts';
import { sha256OfFile } from '../../base/files/sha256.ts';
import type { BundledFolder } from './recipe.ts';

/**
 * A folder that lies in the repository at `root`, every file it names equal to its SHA-256.
 *
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
        `${join(folder, file)} has SHA-256 ${found}; ${sha256} is expected: it was changed, or git did not bring it whole`,
      );
    }
  }
  return folder;
}

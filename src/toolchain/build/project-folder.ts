import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The absolute path of a folder of the project, whether this file runs in src/ or in dist/src/. */
export function projectFolder(path: string): string {
  const fromSources = new URL('../../../', import.meta.url);
  const root = existsSync(new URL('models/recipes', fromSources))
    ? fromSources
    : new URL('../', fromSources);
  return fileURLToPath(new URL(path, root));
}

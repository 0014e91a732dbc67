import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A folder of the project by its path from the root; the same from src/ as from dist/src/. */
export function projectFolder(path: string): string {
  const fromSources = new URL('../../../', import.meta.url);
  const root = existsSync(new URL('models/recipes', fromSources))
    ? fromSources
    : new URL('../', fromSources);
  return fileURLToPath(new URL(path, root));
}

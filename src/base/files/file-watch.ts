import { statSync } from 'node:fs';

/** How long a renewed certificate or key file may go unnoticed. A reload signal is noticed at once. */
const defaultPollMs = 5000;

/**
 * Calls back when any of the files has changed. By polling what `stat` says: notifications miss files that are swapped
 * through symbolic links, as Kubernetes does with mounted secrets. Never keeps the process alive.
 */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  pollMs = defaultPollMs,
): () => void {
  let seen = stampOf(paths);
  const timer = setInterval(() => {
    const found = stampOf(paths);
    if (found !== seen) {
      seen = found;
      onChange();
    }
  }, pollMs);
  timer.unref();
  return () => clearInterval(timer);
}

function stampOf(paths: readonly string[]): string {
  return paths.map(stampOfFile).join(' ');
}

/** What cannot be looked at has a stamp too: whoever reads it is told why, and a timer must not throw. */
function stampOfFile(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch (error) {
    return String((error as { readonly code?: unknown } | undefined)?.code);
  }
}

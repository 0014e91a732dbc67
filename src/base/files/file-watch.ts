import { statSync } from 'node:fs';

/**
 * Longest time until a changed certificate or key file is noticed. A reload signal works at once.
 */
const defaultPollMs = 5000;

/**
 * Calls back when any of the files has changed. It polls `stat`, because notifications miss files
 * that are swapped through symbolic links, as Kubernetes does with mounted secrets. The timer does
 * not keep the process alive.
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

/**
 * A file without access gets its error code as its stamp, because a timer must not throw. The
 * reader of the file reports the error.
 */
function stampOfFile(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch (error) {
    return String((error as { readonly code?: unknown } | undefined)?.code);
  }
}

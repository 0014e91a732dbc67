import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const libraries = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
const script = 'bench/gpu/place-cuda.sh';

/** Where ONNX Runtime looks for the libraries. */
function libraryFolder(): string {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return join(root, 'bin', 'napi-v6', process.platform, process.arch);
}

/**
 * Why CUDA cannot be used here, and how to fix it; undefined when ONNX Runtime's libraries are
 * present.
 */
export function findCudaProblem(folder = libraryFolder()): string | undefined {
  const missing = libraries.filter((library) => !existsSync(join(folder, library)));
  return missing.length === 0
    ? undefined
    : `ONNX Runtime's CUDA provider is missing: ${missing.join(' and ')} in ${folder}; ` +
        `${script} puts the libraries there (README, "GPU")`;
}

/** What to do about a CUDA slot that did not open. */
export function cudaHint(folder = libraryFolder()): string {
  return (
    findCudaProblem(folder) ??
    `${script} says which of CUDA's own libraries the loader does not find (README, "GPU")`
  );
}

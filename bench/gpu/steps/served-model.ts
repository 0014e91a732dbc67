import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureTinyModel } from '../../suite/server/tiny-model.ts';
import type { StepOptions } from '../plan.ts';

/** The bundled model in fp16, built unless it exists; a tiny random one for a small run. */
export async function buildServedModel({ outDir, isSmall }: StepOptions): Promise<string> {
  if (isSmall) {
    return await ensureTinyModel(outDir, () => undefined);
  }
  const to = join(outDir, 'slmrank-55m-fp16');
  if (!existsSync(join(to, 'manifest.json'))) {
    const program = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
    const args = ['model', 'build', '--recipe', 'slmrank-55m', '--precision', 'fp16', '--to', to];
    await promisify(execFile)(process.execPath, [program, ...args]);
  }
  return to;
}

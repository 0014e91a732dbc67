/** Compiles to dist/, and copies the files there that the code reads while it runs. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'));
const readAtRunTime = [
  'package.json',
  'proto',
  'src/toolchain/graph/onnx/onnx.proto',
  'src/server/http/page/assets',
];

try {
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
} catch {
  // The compiler has printed the reason.
  process.exit(1);
}
for (const path of readAtRunTime) {
  cpSync(path, `dist/${path}`, { recursive: true });
}

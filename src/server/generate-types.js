// Writes the types of the wire messages from proto/ into src/server/generated. Run by `npm run generate`; the output
// is committed, and `npm run check:generated` fails when it is out of date. The options are those of proto-root.ts.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const generator = createRequire(import.meta.url).resolve(
  '@grpc/proto-loader/build/bin/proto-loader-gen-types.js',
);

const withoutService = ['google/rpc/status', 'google/rpc/error_details'];

rmSync(`${root}src/server/generated`, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    generator,
    ...['--longs=String', '--enums=String', '--defaults', '--oneofs', '--includeComments'],
    ...['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts'],
    ...['--inputTemplate=Wire%sInput', '--outputTemplate=Wire%s'],
    ...['--includeDirs', 'proto', '--outDir', 'src/server/generated'],
    ...['slmrank/v1/ranking.proto', ...withoutService.map((file) => `${file}.proto`)],
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);

// The roots of files without a service import what they do not use, which our tsconfig refuses; nothing needs them.
for (const file of withoutService) {
  rmSync(`${root}src/server/generated/${file.split('/').at(-1)}.ts`);
}

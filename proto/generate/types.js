// Writes the types of the wire messages and the descriptors for reflection from proto/ into
// src/proto/generated. Run by `npm run generate`; the output is committed, and `npm run
// check:generated` fails when it is out of date. The options must equal those of proto-root.ts.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildDescriptors } from './descriptors.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const generator = require.resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js');

const withoutService = ['google/rpc/status', 'google/rpc/error_details'];

rmSync(`${root}src/proto/generated`, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    generator,
    ...['--longs=String', '--enums=String', '--defaults', '--oneofs', '--includeComments'],
    ...['--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts'],
    ...['--inputTemplate=Wire%sInput', '--outputTemplate=Wire%s'],
    ...['--includeDirs', 'proto', '--outDir', 'src/proto/generated'],
    ...[
      'slmrank/v1/ranking.proto',
      'slmrank/v1/items.proto',
      'slmrank/v1/admin.proto',
      'inference/grpc_service.proto',
    ],
    ...withoutService.map((file) => `${file}.proto`),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);

// The root files of protos without a service have unused imports, which our tsconfig forbids.
for (const file of withoutService) {
  rmSync(`${root}src/proto/generated/${file.split('/').at(-1)}.ts`);
}

/**
 * @param {readonly string[]} own files of proto/ without their extension
 * @param {...{ name: string, path: string }} others
 */
function describeFiles(own, ...others) {
  return buildDescriptors([
    ...own.map((file) => ({ name: `${file}.proto`, path: `${root}proto/${file}.proto` })),
    ...others,
    ...['v1', 'v1alpha'].map((version) => ({
      name: `grpc/reflection/${version}/reflection.proto`,
      path: require.resolve(
        `@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`,
      ),
    })),
  ]);
}

const health = {
  name: 'grpc/health/v1/health.proto',
  path: require.resolve('grpc-health-check/proto/health/v1/health.proto'),
};
const listOf = (descriptors) => descriptors.map((bytes) => `  '${bytes}',`).join('\n');
writeFileSync(
  `${root}src/proto/generated/descriptors.ts`,
  `/** Encoded FileDescriptorProtos of everything served, in base64: what reflection shows. */
export const fileDescriptors: readonly string[] = [
${listOf(describeFiles(['slmrank/v1/ranking', 'slmrank/v1/items', 'inference/grpc_service', ...withoutService], health))}
];

/** The same of the admin address, which shows nothing of the other. */
export const adminFileDescriptors: readonly string[] = [
${listOf(describeFiles(['slmrank/v1/admin', ...withoutService]))}
];
`,
);

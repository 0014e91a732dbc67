import { Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at } from '../../../src/base/at.ts';
import { keyLine } from '../../../src/cli/admin/key-new.ts';
import { createKey } from '../../../src/desk/access/api-keys.ts';
import { type Json, startTestServer, type TestServer } from '../../support/serving/test-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const require = createRequire(import.meta.url);
const protos = fileURLToPath(new URL('../../../proto/', import.meta.url));

/** A stream of another service than ranking: its proto, and its first message. */
const streams = [
  [
    'reflection',
    require.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto'),
    ['grpc.reflection.v1.ServerReflection', 'ServerReflectionInfo'],
    { listServices: '' },
  ],
  [
    'reflection of before',
    require.resolve('@grpc/reflection/build/proto/grpc/reflection/v1alpha/reflection.proto'),
    ['grpc.reflection.v1alpha.ServerReflection', 'ServerReflectionInfo'],
    { listServices: '' },
  ],
  [
    'load reports',
    'xds/service/orca/v3/orca.proto',
    ['xds.service.orca.v3.OpenRcaService', 'StreamCoreMetrics'],
    {},
  ],
] as const;

let server: TestServer;
afterEach(() => server.close());

type Method = MethodDefinition<Json, Json>;

test.each(streams)(
  'a key that is taken out of the file ends its open stream of %s, and another key keeps its own',
  async (_, file, [service, name], first) => {
    const [gone, kept] = [createKey(), createKey()];
    const lines = [gone, kept].map((key) => keyLine(key, { name: 'search' }));
    const keys = join(temporaryFolder({ keys: lines.join('\n') }), 'keys');
    const load = { utilization: 0.5, requestsPerSecond: 0, errorsPerSecond: 0 };
    server = await startTestServer({ 'api-keys': keys }, { readLoad: () => load });
    const loaded = loadSync(file, { includeDirs: [protos] })[service];
    const method = (loaded as unknown as Record<string, Method>)[name];
    const open = (key: string) => openStream(method, first, key);
    const [ends, stays] = [open(gone), open(kept)];
    await Promise.all([ends.answered, stays.answered]);
    writeFileSync(keys, at(lines, 1));
    server.reload();
    expect(await ends.ended).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'the API key that opened this stream was revoked',
    });
    expect(stays.hasEnded()).toBe(false);
    stays.call.cancel();
    expect((await stays.ended).code).toBe(status.CANCELLED);
  },
);

function openStream(method: Method | undefined, first: Json, key: string) {
  if (method === undefined) {
    throw new Error('there is no such method');
  }
  const { path, requestSerialize, responseDeserialize } = method;
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${key}`);
  const call = server.client.makeBidiStreamRequest(
    ...([path, requestSerialize, responseDeserialize, metadata] as const),
  );
  let hasEnded = false;
  const ended = new Promise<ServiceError>((resolve) => call.on('error', resolve));
  void ended.then(() => {
    hasEnded = true;
  });
  const answered = new Promise((resolve) => call.once('data', resolve));
  call.on('data', () => undefined);
  call.write(first);
  if (!method.requestStream) {
    call.end();
  }
  return { call, ended, answered, hasEnded: () => hasEnded };
}

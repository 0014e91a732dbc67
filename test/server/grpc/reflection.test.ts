import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { type Json, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Asks a version of the reflection service one question, with its own proto. */
function reflect(version: string, question: Json): Promise<Json> {
  const name = `grpc.reflection.${version}.ServerReflection`;
  const proto = createRequire(import.meta.url).resolve(
    `@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`,
  );
  const loaded = loadSync(proto, { keepCase: true, oneofs: true })[name] as unknown as {
    ServerReflectionInfo: MethodDefinition<Json, Json>;
  };
  const { path, requestSerialize, responseDeserialize } = loaded.ServerReflectionInfo;
  return new Promise((resolve, reject) => {
    const call = server.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    call.on('data', resolve);
    call.on('error', reject);
    call.write(question);
    call.end();
  });
}

interface MessageJson {
  readonly name: string;
  readonly field?: readonly { name: string; oneofIndex?: number; proto3Optional?: boolean }[];
  readonly oneofDecl?: readonly unknown[];
}

interface FileJson {
  readonly name: string;
  readonly dependency?: readonly string[];
  readonly messageType: readonly MessageJson[];
  readonly service: readonly { readonly method: readonly unknown[] }[];
}

/** The file of a symbol, and the files that it imports. */
async function filesWith(symbol: string): Promise<readonly [FileJson, ...FileJson[]]> {
  const answer = await reflect('v1', { file_containing_symbol: symbol });
  const { file_descriptor_proto: files } = answer['file_descriptor_response'] as {
    file_descriptor_proto: Buffer[];
  };
  const decoded = files.map((bytes) => descriptor.FileDescriptorProto.decode(bytes).toJSON());
  return decoded as unknown as readonly [FileJson, ...FileJson[]];
}

const messageOf = ({ messageType }: FileJson, name: string) =>
  messageType.find((message) => message.name === name);

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  test('lists the served services', async () => {
    const answer = await reflect(version, { list_services: '*' });
    expect(answer['list_services_response']).toEqual({
      service: [
        { name: 'grpc.health.v1.Health' },
        { name: 'grpc.reflection.v1.ServerReflection' },
        { name: 'grpc.reflection.v1alpha.ServerReflection' },
        { name: 'inference.GRPCInferenceService' },
        { name: 'slmrank.v1.ItemService' },
        { name: 'slmrank.v1.RankingService' },
      ],
    });
  });

  test('answers with an error for an unknown symbol', async () => {
    const answer = await reflect(version, { file_containing_symbol: 'slmrank.v1.Nothing' });
    expect(answer['error_response']).toMatchObject({ error_code: 5 });
  });
});

describe('the descriptors are those of the protos', () => {
  test('with names as written, optional fields as such, and idempotency', async () => {
    const [file] = await filesWith('slmrank.v1.RankingService');
    expect(file).toMatchObject({
      name: 'slmrank/v1/ranking.proto',
      package: 'slmrank.v1',
      syntax: 'proto3',
    });
    const fields = messageOf(file, 'RankRequest')?.field ?? [];
    expect(fields.find(({ name }) => name === 'top_n')).toMatchObject({
      number: 5,
      jsonName: 'topN',
      proto3Optional: true,
    });
    expect(fields.find(({ name }) => name === 'candidates')).toMatchObject({
      label: 'LABEL_REPEATED',
      type: 'TYPE_MESSAGE',
      typeName: '.slmrank.v1.Candidate',
    });
    expect(file.service[0]?.method[0]).toMatchObject({
      name: 'Rank',
      options: { idempotencyLevel: 'NO_SIDE_EFFECTS' },
    });
  });

  test('with the packages of other languages in each file', async () => {
    const own = { goPackage: 'slmrank/v1;slmrankv1', javaPackage: 'slmrank.v1' };
    const [ranking] = await filesWith('slmrank.v1.RankingService');
    expect(ranking).toMatchObject({ options: { ...own, javaMultipleFiles: true } });
    const [status] = await filesWith('google.rpc.Status');
    expect(status).toMatchObject({ options: { javaOuterClassname: 'StatusProto' } });
    const [details] = await filesWith('google.rpc.ErrorInfo');
    expect(details).toMatchObject({ options: { javaOuterClassname: 'ErrorDetailsProto' } });
  });

  // Without a go_package protoc-gen-go generates nothing.
  test('every proto file has the packages of its Go and Java code', () => {
    const folder = fileURLToPath(new URL('../../../proto/', import.meta.url));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const protos = files.filter((file) => file.endsWith('.proto'));
    expect(protos.length).toBeGreaterThan(5);
    for (const file of protos) {
      const text = readFileSync(join(folder, file), 'utf8');
      expect(`${file}: ${text}`).toMatch(/^option go_package = ".+";$/m);
      expect(`${file}: ${text}`).toMatch(/^option java_package = ".+";$/m);
      expect(`${file}: ${text}`).toMatch(/^option java_multiple_files = true;$/m);
    }
  });

  test('with real oneofs before those of optional fields', async () => {
    const [{ messageType }] = await filesWith('slmrank.v1.RankRequest');
    for (const { field = [], oneofDecl = [] } of messageType) {
      const isSynthetic = oneofDecl.map((_, index) =>
        field.some((one) => one.oneofIndex === index && one.proto3Optional === true),
      );
      expect(isSynthetic).toEqual([...isSynthetic].sort());
    }
  });

  test('with maps in the form that strict clients demand', async () => {
    const [file] = await filesWith('grpc.health.v1.HealthListResponse');
    expect(messageOf(file, 'HealthListResponse')).toMatchObject({
      field: [{ name: 'statuses', typeName: '.grpc.health.v1.HealthListResponse.StatusesEntry' }],
      nestedType: [{ name: 'StatusesEntry', options: { mapEntry: true } }],
    });
  });

  test('with the details of errors and their imports, so that tools can show them', async () => {
    const names = (await filesWith('google.rpc.RetryInfo')).map(({ name }) => name);
    expect(names).toEqual(['google/rpc/error_details.proto', 'google/protobuf/duration.proto']);
    const [statusFile] = await filesWith('google.rpc.Status');
    expect(statusFile.dependency).toEqual(['google/protobuf/any.proto']);
  });
});

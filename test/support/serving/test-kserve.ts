import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import {
  type Failure,
  failureOf,
  type Json,
  startTestServer,
  type TestServer,
  unary,
} from './test-server.ts';

const includeDirs = [fileURLToPath(new URL('../../../proto/', import.meta.url))];
/** As a stranger loads it: names as written. */
const { 'inference.GRPCInferenceService': methods } = loadSync('inference/grpc_service.proto', {
  keepCase: true,
  longs: Number,
  enums: String,
  includeDirs,
}) as unknown as Readonly<Record<string, Readonly<Record<string, MethodDefinition<Json, Json>>>>>;

export interface TestKserve {
  readonly server: TestServer;
  call(name: string, request: Json): Promise<Json>;
  /** ModelInfer, which must fail. */
  fail(request: Json): Promise<Failure>;
  close(): Promise<void>;
}

/** A server of at most 20 candidates, and a plain client of the Open Inference Protocol. */
export async function startTestKserve(): Promise<TestKserve> {
  const server = await startTestServer({ candidates: '20' });
  const client = new Client(server.address, credentials.createInsecure());
  const call = (name: string, request: Json) => {
    const method = methods?.[name];
    if (method === undefined) {
      throw new Error(`no method ${name}`);
    }
    return unary(client, method, request, { metadata: new Metadata(), options: {} });
  };
  return {
    server,
    call,
    fail: (request) => failureOf(call('ModelInfer', request)),
    close: async () => {
      client.close();
      await server.close();
    },
  };
}

/** An input of texts, with its contents in their own field. */
export function textInput(name: string, values: readonly string[], changes: Json = {}) {
  return {
    name,
    datatype: 'BYTES',
    shape: [values.length, 1],
    contents: { bytes_contents: values.map((each) => Buffer.from(each)) },
    ...changes,
  };
}

/** Texts as raw contents: each behind its length. */
export function rawTexts(values: readonly string[]): Buffer {
  return Buffer.concat(
    values.flatMap((each) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(each));
      return [length, Buffer.from(each)];
    }),
  );
}

/** The fake pipeline scores a text by its length. */
export const passages = ['Cooks.', 'Greets visitors all day.', 'Greets visitors.'];
export const inferRequest = {
  model_name: 'tiny',
  inputs: [textInput('QUERY', ['q']), textInput('PASSAGE', passages)],
};

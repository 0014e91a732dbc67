import { fileURLToPath } from 'node:url';
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import type { Manifest } from '../../../src/model/manifest.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../../src/server/server.ts';
import { FakePipeline } from '../fakes/pipeline.ts';
import { maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';

const sha256 = 'ab'.repeat(32);

export const testManifest: Manifest = {
  format: 1,
  name: 'tiny',
  blueprint: {
    family: 'llama',
    layers: 2,
    width: 8,
    mlpWidth: 16,
    heads: 2,
    kvHeads: 1,
    headDim: 4,
    vocabulary: 300,
    ropeTheta: 10_000,
    normEpsilon: 1e-5,
    qkNorm: false,
    qkvBias: false,
    tiedHead: true,
    rowTokens: 2048,
  },
  parameters: 12_345,
  precision: 'fp32',
  template: {
    prefix: '{instruction}{query}{context}',
    context: '{context}',
    title: '{title}',
    suffix: '?',
    instruction: 'Is it relevant?',
    order: 'query-first',
  },
  templateHash: sha256,
  labels: { yes: { text: 'yes', id: 1 }, no: { text: 'no', id: 2 } },
  graphs: { cpu: { score: { ...maskedPlan, file: 'rank.onnx', bytes: 1, sha256 } } },
  weights: { file: 'weights.bin', bytes: 1, sha256 },
  tokenizer: { file: 'tokenizer.json', bytes: 1, sha256: 'cd'.repeat(32) },
  buckets: [16, 32],
  source: { description: 'a test', licence: 'none', sha256 },
  recipe: undefined,
  fingerprint: 'ef'.repeat(32),
};

/** Loads the protos as a stranger would: names as written, no generated types. */
const strangers = loadSync(
  [
    'slmrank/v1/ranking.proto',
    'slmrank/v1/items.proto',
    'google/rpc/status.proto',
    'google/rpc/error_details.proto',
    'grpc/health/v1/health.proto',
  ].map((file) =>
    file.startsWith('grpc/health')
      ? fileURLToPath(import.meta.resolve('grpc-health-check/proto/health/v1/health.proto'))
      : file,
  ),
  {
    keepCase: true,
    longs: String,
    enums: String,
    oneofs: true,
    includeDirs: [fileURLToPath(new URL('../../../proto/', import.meta.url))],
  },
);

export type Json = Readonly<Record<string, unknown>>;
type Method = MethodDefinition<Json, Json>;

export function methodOf(service: string, name: string): Method {
  return (strangers[service] as unknown as Record<string, Method>)[name] as Method;
}

/** What a failed call told its client. */
export interface Failure {
  readonly code: number;
  readonly message: string;
  /** google.rpc.Status's details by the last part of their type's name. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
}

export interface TestServer extends RunningServer {
  readonly pipeline: FakePipeline;
  readonly client: Client;
  readonly config: Config;
  readonly logLines: string[];
  call(name: string, request: Json, options?: Json & { metadata?: Metadata }): Promise<Json>;
  fail(name: string, request: Json, options?: Json & { metadata?: Metadata }): Promise<Failure>;
  rankStream(options?: CallOptions): ClientDuplexStream<Json, Json>;
  close(): Promise<void>;
}

/**
 * A server on a free port of loopback with a fake pipeline, and a plain client of it. Warm unless
 * told otherwise.
 */
export async function startTestServer(
  settings: Readonly<Record<string, string>> = {},
  options: Partial<ServerOptions> & { readonly cold?: boolean } = {},
): Promise<TestServer> {
  const config = parseConfig(
    {},
    Object.entries({ address: '127.0.0.1:0', ...settings }).map(
      ([flag, value]) => `--${flag}=${value}`,
    ),
    2,
  );
  const pipeline = new FakePipeline();
  const logLines: string[] = [];
  const note = (fields: unknown, message?: string) =>
    logLines.push(JSON.stringify({ fields, message }, showErrors));
  const server = await startServer({
    config,
    pipeline,
    lameDuckMs: 0,
    current: () => ({ manifest: testManifest, pipeline }),
    log: { debug: note, info: note, warn: note, error: note },
    ...options,
  });
  if (options.cold !== true) {
    pipeline.becomeWarm();
    await server.ready;
  }
  const client = new Client(server.address, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  const call: TestServer['call'] = (name, request, { metadata, ...callOptions } = {}) =>
    unary(client, methodOf('slmrank.v1.RankingService', name), request, {
      metadata: metadata ?? new Metadata(),
      options: callOptions,
    });
  return {
    ...server,
    pipeline,
    client,
    config,
    logLines,
    call,
    fail: (name, request, callOptions) => failureOf(call(name, request, callOptions)),
    rankStream: (callOptions = {}) => {
      const { path, requestSerialize, responseDeserialize } = methodOf(
        'slmrank.v1.RankingService',
        'RankStream',
      );
      return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, callOptions);
    },
    close: async () => {
      client.close();
      await server.stop();
    },
  };
}

export function unary(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Method,
  request: Json,
  { metadata, options }: { readonly metadata: Metadata; readonly options: CallOptions },
): Promise<Json> {
  return new Promise((resolve, reject) => {
    const settle = (error: ServiceError | null, reply?: Json) =>
      error === null ? resolve(reply ?? {}) : reject(error);
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      options,
      settle,
    );
  });
}

export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    (reply) => {
      throw new Error(`expected a failure, got ${JSON.stringify(reply)}`);
    },
    (failed: unknown) => failed as ServiceError,
  );
  return decodeFailure(error);
}

export function decodeFailure({ code, details, metadata }: ServiceError): Failure {
  const [packed] = metadata.get('grpc-status-details-bin');
  const status = packed === undefined ? undefined : decode('google.rpc.Status', packed as Buffer);
  const { details: anys = [] } = (status ?? {}) as {
    details?: { type_url: string; value: Buffer }[];
  };
  const decoded = anys.map(({ type_url: url, value }) => {
    const type = url.replace('type.googleapis.com/', '');
    return [type.split('.').at(-1) ?? '', decode(type, value)] as const;
  });
  return { code, message: details, details: Object.fromEntries(decoded), metadata };
}

function decode(type: string, bytes: Buffer): Json {
  return (strangers[type] as MessageTypeDefinition<Json, Json>).deserialize(bytes);
}

/** Errors would be written as {}: a test of what logs hold must see them. */
function showErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? String(value.stack) : value;
}

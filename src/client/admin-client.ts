import { Client, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { CallError } from './client.ts';
import { type ClientTrust, openTrust } from './client-credentials.ts';
import type { WireCostTable } from '../proto/generated/slmrank/v1/CostTable.ts';
import type { WirePoolProgress } from '../proto/generated/slmrank/v1/PoolProgress.ts';
import type { WirePoolState } from '../proto/generated/slmrank/v1/PoolState.ts';
import type { WireSetReplicasRequestInput } from '../proto/generated/slmrank/v1/SetReplicasRequest.ts';
import { parseAdminProtoRoot } from '../proto/proto-root.ts';

export type { WireCostTable, WirePoolProgress, WirePoolState, WireSetReplicasRequestInput };

export type OnProgress = (progress: WirePoolProgress) => void;

/** What our own commands ask of the admin service. All throw CallError. */
export interface AdminClient {
  poolState(): Promise<WirePoolState>;
  costs(): Promise<WireCostTable>;
  /** Resolves to the pool after the change. */
  setReplicas(request: WireSetReplicasRequestInput, onProgress: OnProgress): Promise<WirePoolState>;
  loadModel(folder: string, onProgress: OnProgress): Promise<WirePoolState>;
  drain(slot: string): Promise<WirePoolState>;
  quarantine(slot: string, reason: string): Promise<WirePoolState>;
  release(slot: string): Promise<WirePoolState>;
  /** Resolves to the level until now. */
  setLogLevel(level: string): Promise<string>;
  close(): void;
}

/** @throws Error when the trust's files cannot be read. */
export function createAdminClient(
  address: string,
  timeoutMs: number,
  trust: ClientTrust = {},
): AdminClient {
  const { service } = parseAdminProtoRoot();
  const { channel, options } = openTrust(trust);
  const client = new Client(address, channel, { ...options, 'grpc.enable_retries': 0 });
  const ask = <In, Out>(method: Method<In, Out>, request: In) =>
    askOnce(client, method, request, timeoutMs);
  const follow = <In>(method: Method<In, WirePoolProgress>, request: In, onProgress: OnProgress) =>
    followChange(client, method, { request, timeoutMs, onProgress });
  return {
    poolState: () => ask(service.GetPoolState, {}),
    costs: () => ask(service.GetCostTable, {}),
    setReplicas: (request, onProgress) => follow(service.SetReplicas, request, onProgress),
    loadModel: (folder, onProgress) => follow(service.LoadModel, { folder }, onProgress),
    drain: (slot) => ask(service.DrainReplica, { slot }),
    quarantine: (slot, reason) => ask(service.QuarantineReplica, { slot, reason }),
    release: (slot) => ask(service.ReleaseReplica, { slot }),
    setLogLevel: async (level) => (await ask(service.SetLogLevel, { level })).previous,
    close: () => client.close(),
  };
}

type Method<In, Out> = Pick<
  MethodDefinition<In, Out>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>;

function askOnce<In, Out>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Method<In, Out>,
  request: In,
  timeoutMs: number,
): Promise<Out> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs };
    const settle = (error: ServiceError | null, reply?: Out) => {
      if (error !== null || reply === undefined) {
        reject(toCallError(path, error));
      } else {
        resolve(reply);
      }
    };
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, settle);
  });
}

function followChange<In>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Method<In, WirePoolProgress>,
  {
    request,
    timeoutMs,
    onProgress,
  }: { readonly request: In; readonly timeoutMs: number; readonly onProgress: OnProgress },
): Promise<WirePoolState> {
  const options = { deadline: Date.now() + timeoutMs };
  const call = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    options,
  );
  return new Promise((resolve, reject) => {
    let pool: WirePoolState | undefined;
    call.on('data', (progress: WirePoolProgress) => {
      pool = progress.pool ?? pool;
      onProgress(progress);
    });
    call.on('error', (error: ServiceError) => reject(toCallError(path, error)));
    call.on('end', () => {
      // An error comes after the end.
      if (pool !== undefined) {
        resolve(pool);
      }
    });
  });
}

function toCallError(path: string, error: ServiceError | null): CallError {
  const method = path.slice(path.lastIndexOf('/') + 1);
  return new CallError(
    method,
    status[error?.code ?? status.UNKNOWN],
    error?.details ?? 'no answer',
  );
}

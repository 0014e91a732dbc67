import { Client, type ServiceError } from '@grpc/grpc-js';
import type { WireCostTable } from '../proto/generated/slmrank/v1/CostTable.ts';
import type { WirePoolProgress } from '../proto/generated/slmrank/v1/PoolProgress.ts';
import type { WirePoolState } from '../proto/generated/slmrank/v1/PoolState.ts';
import type { WireSetReplicasRequestInput } from '../proto/generated/slmrank/v1/SetReplicasRequest.ts';
import { parseAdminProtoRoot } from '../proto/proto-root.ts';
import { call, type Method, toCallError } from './call.ts';
import { type ClientTrust, openTrust } from './client-credentials.ts';

export type { WireCostTable, WirePoolProgress, WirePoolState, WireSetReplicasRequestInput };

export type OnProgress = (progress: WirePoolProgress) => void;

/** The admin service's client. All methods throw CallError. */
export interface AdminClient {
  poolState(): Promise<WirePoolState>;
  costs(): Promise<WireCostTable>;
  /** Resolves to the pool after the change. */
  setReplicas(request: WireSetReplicasRequestInput, onProgress: OnProgress): Promise<WirePoolState>;
  loadModel(folder: string, onProgress: OnProgress): Promise<WirePoolState>;
  drain(slot: string): Promise<WirePoolState>;
  quarantine(slot: string, reason: string): Promise<WirePoolState>;
  release(slot: string): Promise<WirePoolState>;
  /** Resolves to the previous level. */
  setLogLevel(level: string): Promise<string>;
  close(): void;
}

/** @throws Error when a file that `trust` names cannot be read. */
export function createAdminClient(
  address: string,
  timeoutMs: number,
  trust: ClientTrust = {},
): AdminClient {
  const { service } = parseAdminProtoRoot();
  const { channel, options } = openTrust(trust);
  const client = new Client(address, channel, { ...options, 'grpc.enable_retries': 0 });
  const ask = <In, Out>(method: Method<In, Out>, request: In) =>
    call(client, method, request, timeoutMs);
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

interface Change<In> {
  readonly request: In;
  readonly timeoutMs: number;
  readonly onProgress: OnProgress;
}

/** Resolves to the pool after the change. */
function followChange<In>(
  client: Client,
  method: Method<In, WirePoolProgress>,
  { request, timeoutMs, onProgress }: Change<In>,
): Promise<WirePoolState> {
  const { path, requestSerialize, responseDeserialize } = method;
  const stream = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    { deadline: Date.now() + timeoutMs },
  );
  return new Promise((resolve, reject) => {
    let pool: WirePoolState | undefined;
    stream.on('data', (progress: WirePoolProgress) => {
      pool = progress.pool ?? pool;
      onProgress(progress);
    });
    stream.on('error', (error: ServiceError) => reject(toCallError(path, error)));
    stream.on('end', () => {
      // A failed call ends too, before its error.
      if (pool !== undefined) {
        resolve(pool);
      }
    });
  });
}

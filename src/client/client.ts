import { Client, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { type ClientTrust, openTrust } from './client-credentials.ts';
import type { WireGetInfoResponse } from '../proto/generated/slmrank/v1/GetInfoResponse.ts';
import type { WireRankRequestInput } from '../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponse } from '../proto/generated/slmrank/v1/RankResponse.ts';
import { parseProtoRoot } from '../proto/proto-root.ts';

export type { WireGetInfoResponse, WireRankRequestInput, WireRankResponse };

/** A call that did not end with OK. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** The status's name, such as `RESOURCE_EXHAUSTED`. */
  readonly code: string;

  constructor(method: string, code: string, details: string) {
    super(`${method}: ${code}: ${details}`);
    this.code = code;
  }
}

/** What our own commands ask of a server, as any gRPC client would, without retries. */
export interface RankingClient {
  /**
   * The call's deadline is `timeoutMs` from now; `request.timeoutMs`, if given, runs on the server and may end earlier.
   *
   * @throws CallError
   */
  rank(request: WireRankRequestInput, timeoutMs: number): Promise<WireRankResponse>;
  /** @throws CallError */
  getInfo(timeoutMs: number): Promise<WireGetInfoResponse>;
  /** `SERVING`, `NOT_SERVING`, ...; the empty service is the whole server. @throws CallError */
  checkHealth(service: string, timeoutMs: number): Promise<string>;
  close(): void;
}

/** A reply of any size: the most that the field holds. */
const mostReplyBytes = 2 ** 32 - 1;

/** @throws Error when the trust's files cannot be read. */
export function createRankingClient(address: string, trust: ClientTrust = {}): RankingClient {
  const { service, reflected } = parseProtoRoot();
  const health = parseHealthService(reflected['grpc.health.v1.Health']);
  const { channel, options } = openTrust(trust);
  const client = new Client(address, channel, {
    ...options,
    // Answers with texts may be larger than grpc-js takes by default (4 MB).
    'grpc.max_receive_message_length': -1,
    'grpc.enable_retries': 0,
  });
  return {
    rank: (request, timeoutMs) =>
      call(client, service.Rank, { maxReplyBytes: mostReplyBytes, ...request }, timeoutMs),
    getInfo: (timeoutMs) => call(client, service.GetInfo, {}, timeoutMs),
    checkHealth: async (name, timeoutMs) =>
      (await call(client, health.Check, { service: name }, timeoutMs)).status,
    close: () => client.close(),
  };
}

interface HealthService {
  readonly Check: MethodDefinition<{ readonly service: string }, { readonly status: string }>;
}

/** The loader's definition of the health service, which has no generated types. */
function parseHealthService(definition: unknown): HealthService {
  return definition as HealthService;
}

function call<Input, Output>(
  client: Client,
  method: Pick<
    MethodDefinition<Input, Output>,
    'path' | 'requestSerialize' | 'responseDeserialize'
  >,
  request: Input,
  timeoutMs: number,
): Promise<Output> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs };
    const settle = (error: ServiceError | null, reply?: Output) => {
      if (error !== null || reply === undefined) {
        const code = status[error?.code ?? status.UNKNOWN];
        reject(new CallError(path, code, error?.details ?? 'no answer'));
      } else {
        resolve(reply);
      }
    };
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, settle);
  });
}

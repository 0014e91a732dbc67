import { Client } from '@grpc/grpc-js';
import type { WireGetInfoResponse } from '../proto/generated/slmrank/v1/GetInfoResponse.ts';
import type { WireRankRequestInput } from '../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponse } from '../proto/generated/slmrank/v1/RankResponse.ts';
import { parseProtoRoot } from '../proto/proto-root.ts';
import { fingerprintKey } from '../proto/metadata-keys.ts';
import { call, callWith, type Method } from './call.ts';
import { type ClientTrust, openTrust } from './client-credentials.ts';

export type { WireGetInfoResponse, WireRankRequestInput, WireRankResponse };

/** The client of our own commands: plain gRPC, without retries. */
export interface RankingClient {
  /**
   * The call's deadline is `timeoutMs` from now. The server measures `request.timeoutMs`, if given,
   * which may end earlier. `request.scoreFingerprint`, if given, is sent as metadata too, so that
   * proxies can route by it.
   *
   * @throws CallError
   */
  rank(request: WireRankRequestInput, timeoutMs: number): Promise<WireRankResponse>;
  /** @throws CallError */
  getInfo(timeoutMs: number): Promise<WireGetInfoResponse>;
  /**
   * Resolves to `SERVING`, `NOT_SERVING` or another status. '' names the whole server.
   *
   * @throws CallError
   */
  checkHealth(service: string, timeoutMs: number): Promise<string>;
  close(): void;
}

/** The largest value of the field: replies may have any size. */
const anyReplyBytes = 2 ** 32 - 1;

/** @throws Error when a file that `trust` names cannot be read. */
export function createRankingClient(address: string, trust: ClientTrust = {}): RankingClient {
  const { service, reflected } = parseProtoRoot();
  const health = parseHealthService(reflected['grpc.health.v1.Health']);
  const { channel, options } = openTrust(trust);
  const client = new Client(address, channel, {
    ...options,
    // Replies with texts may be larger than the 4 MB that grpc-js takes by default.
    'grpc.max_receive_message_length': -1,
    'grpc.enable_retries': 0,
  });
  return {
    rank: (request, timeoutMs) =>
      callWith(client, service.Rank, {
        request: { maxReplyBytes: anyReplyBytes, ...request },
        timeoutMs,
        headers: pinOf(request),
      }),
    getInfo: (timeoutMs) => call(client, service.GetInfo, {}, timeoutMs),
    checkHealth: async (name, timeoutMs) =>
      (await call(client, health.Check, { service: name }, timeoutMs)).status,
    close: () => client.close(),
  };
}

function pinOf({ scoreFingerprint = '' }: WireRankRequestInput): Record<string, string> {
  return scoreFingerprint === '' ? {} : { [fingerprintKey]: scoreFingerprint };
}

interface HealthService {
  readonly Check: Method<{ readonly service: string }, { readonly status: string }>;
}

/** The loader's definition of the health service, which has no generated types. */
function parseHealthService(definition: unknown): HealthService {
  return definition as HealthService;
}

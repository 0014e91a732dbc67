import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import type { WireBadRequestInput } from './generated/google/rpc/BadRequest.ts';
import type { WireErrorInfoInput } from './generated/google/rpc/ErrorInfo.ts';
import type { WireRequestInfoInput } from './generated/google/rpc/RequestInfo.ts';
import type { WireRetryInfoInput } from './generated/google/rpc/RetryInfo.ts';
import type { WireStatusInput } from './generated/google/rpc/Status.ts';
import type { RankingServiceDefinition } from './generated/slmrank/v1/RankingService.ts';

export const rankingServiceName = 'slmrank.v1.RankingService';

type Message<Input> = MessageTypeDefinition<Input, unknown>;

/** The details of errors by their type names. */
interface DetailTypes {
  readonly 'google.rpc.Status': Message<WireStatusInput>;
  readonly 'google.rpc.ErrorInfo': Message<WireErrorInfoInput>;
  readonly 'google.rpc.RetryInfo': Message<WireRetryInfoInput>;
  readonly 'google.rpc.BadRequest': Message<WireBadRequestInput>;
  readonly 'google.rpc.RequestInfo': Message<WireRequestInfoInput>;
}

/** The one place where loaded definitions get their generated types. */
export interface ProtoRoot {
  readonly service: RankingServiceDefinition;
  readonly details: DetailTypes;
  /** All that was loaded, by full name: our service, health, and the details of errors. */
  readonly reflected: PackageDefinition;
}

/** The same options as in generate-types.js, or the generated types lie. */
const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true };

export function parseProtoRoot(): ProtoRoot {
  const directory = fileURLToPath(new URL('../../proto/', import.meta.url));
  const reflected = loadSync(
    [
      'slmrank/v1/ranking.proto',
      'google/rpc/status.proto',
      'google/rpc/error_details.proto',
      healthProto,
    ],
    { ...loaderOptions, includeDirs: [directory] },
  );
  const types = reflected as unknown as DetailTypes & {
    readonly [rankingServiceName]: RankingServiceDefinition;
  };
  return { service: types[rankingServiceName], details: types, reflected };
}

import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import type { WireBadRequestInput } from './generated/google/rpc/BadRequest.ts';
import type { WireErrorInfoInput } from './generated/google/rpc/ErrorInfo.ts';
import type { WireQuotaFailureInput } from './generated/google/rpc/QuotaFailure.ts';
import type { WireRequestInfoInput } from './generated/google/rpc/RequestInfo.ts';
import type { WireRetryInfoInput } from './generated/google/rpc/RetryInfo.ts';
import type { WireStatusInput } from './generated/google/rpc/Status.ts';
import type { AdminServiceDefinition } from './generated/slmrank/v1/AdminService.ts';
import type { RankingServiceDefinition } from './generated/slmrank/v1/RankingService.ts';

const packagePrefix = 'slmrank.v1.';
export const rankingServiceName = `${packagePrefix}RankingService`;

type Message<Input> = MessageTypeDefinition<Input, unknown>;

/** The details of errors by their type names. */
interface DetailTypes {
  readonly 'google.rpc.Status': Message<WireStatusInput>;
  readonly 'google.rpc.ErrorInfo': Message<WireErrorInfoInput>;
  readonly 'google.rpc.RetryInfo': Message<WireRetryInfoInput>;
  readonly 'google.rpc.BadRequest': Message<WireBadRequestInput>;
  readonly 'google.rpc.QuotaFailure': Message<WireQuotaFailureInput>;
  readonly 'google.rpc.RequestInfo': Message<WireRequestInfoInput>;
}

/** The one place where loaded definitions get their generated types. */
export interface ProtoRoot {
  readonly service: RankingServiceDefinition;
  readonly details: DetailTypes;
  /** The messages of our service's package, by their names within it. */
  readonly messages: Readonly<Record<string, Message<never>>>;
  /** All that was loaded, by full name: our service, health, and the details of errors. */
  readonly reflected: PackageDefinition;
}

/** The same for the admin address: neither knows the other's service. */
export interface AdminProtoRoot {
  readonly service: AdminServiceDefinition;
  readonly details: DetailTypes;
}

/** The same options as in generate-types.js, or the generated types lie. */
const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true };

export function parseProtoRoot(): ProtoRoot {
  const reflected = load(['slmrank/v1/ranking.proto', healthProto]);
  const types = reflected as unknown as DetailTypes & {
    readonly [rankingServiceName]: RankingServiceDefinition;
  };
  const messages = Object.fromEntries(
    Object.entries(reflected).flatMap(([name, one]) =>
      name.startsWith(packagePrefix) && 'serialize' in one
        ? [[name.slice(packagePrefix.length), one as Message<never>]]
        : [],
    ),
  );
  return { service: types[rankingServiceName], details: types, messages, reflected };
}

export function parseAdminProtoRoot(): AdminProtoRoot {
  const types = load(['slmrank/v1/admin.proto']) as unknown as DetailTypes & {
    readonly 'slmrank.v1.AdminService': AdminServiceDefinition;
  };
  return { service: types['slmrank.v1.AdminService'], details: types };
}

function load(files: readonly string[]): PackageDefinition {
  const directory = fileURLToPath(new URL('../../proto/', import.meta.url));
  return loadSync([...files, 'google/rpc/status.proto', 'google/rpc/error_details.proto'], {
    ...loaderOptions,
    includeDirs: [directory],
  });
}

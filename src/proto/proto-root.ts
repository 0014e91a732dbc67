import { fileURLToPath } from 'node:url';
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import type { WireBadRequestInput } from './generated/google/rpc/BadRequest.ts';
import type { WireErrorInfoInput } from './generated/google/rpc/ErrorInfo.ts';
import type { WireQuotaFailureInput } from './generated/google/rpc/QuotaFailure.ts';
import type { WireRequestInfoInput } from './generated/google/rpc/RequestInfo.ts';
import type { WireRetryInfoInput } from './generated/google/rpc/RetryInfo.ts';
import type { WireStatusInput } from './generated/google/rpc/Status.ts';
import type { GRPCInferenceServiceDefinition } from './generated/inference/GRPCInferenceService.ts';
import type { AdminServiceDefinition } from './generated/slmrank/v1/AdminService.ts';
import type { ItemServiceDefinition } from './generated/slmrank/v1/ItemService.ts';
import type { RankingServiceDefinition } from './generated/slmrank/v1/RankingService.ts';

const packagePrefix = 'slmrank.v1.';
export const rankingServiceName = `${packagePrefix}RankingService`;
const itemServiceName = `${packagePrefix}ItemService`;

type Message<Input> = MessageTypeDefinition<Input, unknown>;

/** The message types of error details by name. */
interface DetailTypes {
  readonly 'google.rpc.Status': Message<WireStatusInput>;
  readonly 'google.rpc.ErrorInfo': Message<WireErrorInfoInput>;
  readonly 'google.rpc.RetryInfo': Message<WireRetryInfoInput>;
  readonly 'google.rpc.BadRequest': Message<WireBadRequestInput>;
  readonly 'google.rpc.QuotaFailure': Message<WireQuotaFailureInput>;
  readonly 'google.rpc.RequestInfo': Message<WireRequestInfoInput>;
}

/** Loaded definitions with their generated types; they are cast here and nowhere else. */
export interface ProtoRoot {
  readonly service: RankingServiceDefinition;
  readonly itemService: ItemServiceDefinition;
  /** The Open Inference Protocol. */
  readonly inference: GRPCInferenceServiceDefinition;
  readonly details: DetailTypes;
  /** The message types of our package, by name without the package. */
  readonly messages: Readonly<Record<string, Message<never>>>;
  /** Everything that was loaded, by full name: our services, health and error details. */
  readonly reflected: PackageDefinition;
}

/** The same for the admin address; each address serves only its own service. */
export interface AdminProtoRoot {
  readonly service: AdminServiceDefinition;
  readonly details: DetailTypes;
}

/** Must equal the options in proto/generate/types.js, or the generated types are wrong. */
const loaderOptions = { longs: String, enums: String, defaults: true, oneofs: true };

export function parseProtoRoot(): ProtoRoot {
  const reflected = load([
    'slmrank/v1/ranking.proto',
    'slmrank/v1/items.proto',
    'inference/grpc_service.proto',
    healthProto,
  ]);
  const types = reflected as unknown as DetailTypes & {
    readonly [rankingServiceName]: RankingServiceDefinition;
    readonly [itemServiceName]: ItemServiceDefinition;
    readonly 'inference.GRPCInferenceService': GRPCInferenceServiceDefinition;
  };
  const messages = Object.fromEntries(
    Object.entries(reflected).flatMap(([name, one]) =>
      name.startsWith(packagePrefix) && 'serialize' in one
        ? [[name.slice(packagePrefix.length), one as Message<never>]]
        : [],
    ),
  );
  return {
    service: types[rankingServiceName],
    itemService: types[itemServiceName],
    inference: types['inference.GRPCInferenceService'],
    details: types,
    messages,
    reflected,
  };
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

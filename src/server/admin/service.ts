import { randomUUID } from 'node:crypto';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { presentError, type RankError } from '../../base/errors.ts';
import type { ModelSet, Note } from '../../pipeline/model-set.ts';
import type { Log } from '../../observe/log.ts';
import { toWireCosts, toWirePool } from './reply.ts';
import {
  type LogLevel,
  parseFolder,
  parseLogLevel,
  parseReason,
  parseReplicaTarget,
  parseSlot,
} from './request.ts';
import type { WireCostTableInput } from '../../proto/generated/slmrank/v1/CostTable.ts';
import type { WireDrainReplicaRequest } from '../../proto/generated/slmrank/v1/DrainReplicaRequest.ts';
import type { WireGetCostTableRequest } from '../../proto/generated/slmrank/v1/GetCostTableRequest.ts';
import type { WireGetPoolStateRequest } from '../../proto/generated/slmrank/v1/GetPoolStateRequest.ts';
import type { WireLoadModelRequest } from '../../proto/generated/slmrank/v1/LoadModelRequest.ts';
import type { WirePoolProgressInput } from '../../proto/generated/slmrank/v1/PoolProgress.ts';
import type { WirePoolStateInput } from '../../proto/generated/slmrank/v1/PoolState.ts';
import type { WireQuarantineReplicaRequest } from '../../proto/generated/slmrank/v1/QuarantineReplicaRequest.ts';
import type { WireReleaseReplicaRequest } from '../../proto/generated/slmrank/v1/ReleaseReplicaRequest.ts';
import type { WireSetLogLevelRequest } from '../../proto/generated/slmrank/v1/SetLogLevelRequest.ts';
import type { WireSetLogLevelResponseInput } from '../../proto/generated/slmrank/v1/SetLogLevelResponse.ts';
import type { WireSetReplicasRequest } from '../../proto/generated/slmrank/v1/SetReplicasRequest.ts';
import type { AdminProtoRoot } from '../../proto/proto-root.ts';
import { shapeOf } from '../wire/message-shape.ts';
import { guardDecoder, type Received, unwrap } from '../wire/guard-decoder.ts';
import { toStatus } from '../wire/error.ts';

export interface AdminServiceParts {
  readonly models: ModelSet;
  readonly root: AdminProtoRoot;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  /** Returns the previous level. */
  readonly setLogLevel: (level: LogLevel) => string;
}

/** Enough for requests of a few words. */
export const adminRequestBytes = 65_536;

/**
 * The service's definition with the checks of the data address before its decoders; see `Received`.
 */
export function guardAdmin(definition: AdminProtoRoot['service']): ServiceDefinition {
  const methods = Object.entries(parseMethods(definition));
  return Object.fromEntries(methods.map(([name, method]) => [name, guardMethod(method)]));
}

type Method = ServiceDefinition[string] & {
  /** The loader's description of the request. */
  readonly requestType: { readonly type: object };
};

/** All methods have the loader's descriptions, which the type of a service does not show. */
function parseMethods(definition: ServiceDefinition): Readonly<Record<string, Method>> {
  return definition as Readonly<Record<string, Method>>;
}

function guardMethod(method: Method): Method {
  const rules = { requestBytes: adminRequestBytes, shape: shapeOf(method.requestType) };
  const decode: (bytes: Buffer) => unknown = method.requestDeserialize;
  return { ...method, requestDeserialize: guardDecoder(decode, rules) };
}

/** Handlers for `guardAdmin`. */
export function adminService(parts: AdminServiceParts): UntypedServiceImplementation {
  const { models, clock } = parts;
  const pool = () => toWirePool(models.view(), clock.nowMs());
  const changed = async (change: Promise<void>) => {
    await change;
    return pool();
  };
  return {
    GetPoolState: answer<WireGetPoolStateRequest, WirePoolStateInput>(parts, () => pool()),
    GetCostTable: answer<WireGetCostTableRequest, WireCostTableInput>(parts, () =>
      toWireCosts(models.costs()),
    ),
    SetReplicas: follow<WireSetReplicasRequest>(parts, 'SetReplicas', (request, note) =>
      models.resize(parseReplicaTarget(request, models.view().slots), note),
    ),
    LoadModel: follow<WireLoadModelRequest>(parts, 'LoadModel', ({ folder }, note) =>
      models.load(parseFolder(folder), note),
    ),
    DrainReplica: answer<WireDrainReplicaRequest, WirePoolStateInput>(parts, ({ slot }) =>
      changed(models.drainReplica(parseSlot(slot))),
    ),
    QuarantineReplica: answer<WireQuarantineReplicaRequest, WirePoolStateInput>(
      parts,
      ({ slot, reason }) => changed(models.quarantine(parseSlot(slot), parseReason(reason))),
    ),
    ReleaseReplica: answer<WireReleaseReplicaRequest, WirePoolStateInput>(parts, ({ slot }) =>
      changed(models.release(parseSlot(slot))),
    ),
    SetLogLevel: answer<WireSetLogLevelRequest, WireSetLogLevelResponseInput>(
      parts,
      ({ level }) => ({ previous: parts.setLogLevel(parseLogLevel(level)) }),
    ),
  };
}

/** A handler with one reply, whose errors have our details. */
function answer<In, Out>(
  { root, log }: AdminServiceParts,
  work: (request: In) => Out | Promise<Out>,
): handleUnaryCall<Received<In>, Out> {
  const run = async (received: Received<In>) => await work(unwrap(received));
  return (call, callback) => {
    run(call.request).then(
      (reply) => callback(null, reply),
      (thrown: unknown) => {
        const error = presentError(thrown);
        logRefusal(log, call.getPath(), error);
        callback(toStatus(error, randomUUID(), root));
      },
    );
  };
}

/** A handler that streams the steps of a change, which continues when the client disconnects. */
function follow<In>(
  { models, root, log, clock }: AdminServiceParts,
  method: string,
  work: (request: In, note: Note) => Promise<void>,
): handleServerStreamingCall<Received<In>, WirePoolProgressInput> {
  const run = async (received: Received<In>, note: Note) => {
    await work(unwrap(received), note);
  };
  return (call) => {
    const startedAtMs = clock.nowMs();
    const write = (progress: Pick<WirePoolProgressInput, 'step' | 'done' | 'pool'>) => {
      if (!call.cancelled) {
        call.write({ ...progress, seconds: (clock.nowMs() - startedAtMs) / 1000 });
      }
    };
    // Without a listener, an error event after the client has disconnected would end the process.
    call.on('error', () => undefined);
    run(call.request, (step) => {
      log.info({ method }, step);
      write({ step });
    }).then(
      () => {
        write({ step: 'done', done: true, pool: toWirePool(models.view(), clock.nowMs()) });
        call.end();
      },
      (thrown: unknown) => {
        const error = presentError(thrown);
        logRefusal(log, method, error);
        call.emit('error', toStatus(error, randomUUID(), root));
      },
    );
  };
}

/** Logs a refusal, with the cause when the error is a bug of ours. */
function logRefusal(log: Log, method: string, { kind, message, cause }: RankError): void {
  log.warn({ method, kind, ...(kind === 'internal' ? { err: cause } : {}) }, message);
}

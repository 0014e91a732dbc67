import {
  type Server,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { presentError } from '../../base/errors.ts';
import type { Access } from '../../desk/access/access.ts';
import type { Lifecycle } from '../../desk/lifecycle.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { toStatus } from '../wire/error.ts';
import { takeCredential } from '../wire/metadata.ts';
import { guardHandler, guardMethod } from './guarded-handler.ts';

/** Accepts services, also those that other libraries define. */
export interface ServiceHost {
  addService(service: ServiceDefinition, methods: UntypedServiceImplementation): void;
}

interface EndingParts {
  readonly lifecycle: Lifecycle;
  readonly access: Pick<Access, 'follow'>;
  readonly root: ProtoRoot;
}

/**
 * The server for services other than ranking (health, reflection, load reports). Their streams end
 * when draining begins and when their credential is revoked; otherwise clients could keep them, and
 * their connections, open for ever. A message that cannot be decoded ends its call with a status of
 * ours, since the library may never send one.
 */
export function withEndingStreams(server: Server, parts: EndingParts): ServiceHost {
  return {
    addService(service, methods) {
      const entries = Object.entries(service);
      const guarded = entries.map(([name, method]) => [name, guardMethod(method)]);
      const handlers = entries.map(([name, { originalName = name, responseStream }]) => {
        const key = name in methods ? name : originalName;
        const handler = methods[key];
        if (handler === undefined) {
          return [key, handler];
        }
        const ours = guardHandler(handler, parts.root);
        return [key, responseStream ? ending(ours, parts) : ours];
      });
      server.addService(
        Object.fromEntries(guarded) as ServiceDefinition,
        Object.fromEntries(handlers) as UntypedServiceImplementation,
      );
    },
  };
}

function ending(
  handler: UntypedHandleCall,
  { lifecycle, access, root }: EndingParts,
): UntypedHandleCall {
  const handleStream = handler as (call: ServerWritableStream<unknown, unknown>) => void;
  return (call: ServerWritableStream<unknown, unknown>) => {
    const end = () =>
      call.emit('error', { code: status.UNAVAILABLE, details: 'the server is draining' });
    const unfollow = access.follow(takeCredential(call.metadata), (error) =>
      call.emit('error', toStatus(presentError(error), '', root)),
    );
    const close = lifecycle.open({ end, onDraining: end });
    // The library emits this at the end of every call.
    call.once('cancelled', () => {
      close();
      unfollow();
    });
    handleStream(call);
  };
}

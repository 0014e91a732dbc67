import {
  type Server,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { guardHandler, guardMethod } from './guarded-handler.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ProtoRoot } from './proto-root.ts';

/** A server to which services of other libraries can be added. */
export interface ServiceHost {
  addService(service: ServiceDefinition, methods: UntypedServiceImplementation): void;
}

/**
 * A server to which services that are not ours (health, reflection) can be added so that their streams end when
 * draining begins. They would stay open as long as the client likes, and their connections with them. A message that
 * cannot be decoded ends its call, with our answer in place of the library's, which may never come.
 */
export function withEndingStreams(
  server: Server,
  { lifecycle, root }: { readonly lifecycle: Lifecycle; readonly root: ProtoRoot },
): ServiceHost {
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
        const ours = guardHandler(handler, root);
        return [key, responseStream ? endWhenDraining(ours, lifecycle) : ours];
      });
      server.addService(
        Object.fromEntries(guarded) as ServiceDefinition,
        Object.fromEntries(handlers) as UntypedServiceImplementation,
      );
    },
  };
}

function endWhenDraining(handler: UntypedHandleCall, lifecycle: Lifecycle): UntypedHandleCall {
  const handleStream = handler as (call: ServerWritableStream<unknown, unknown>) => void;
  return (call: ServerWritableStream<unknown, unknown>) => {
    const end = () =>
      call.emit('error', { code: status.UNAVAILABLE, details: 'the server is draining' });
    const close = lifecycle.open({ end, onDraining: end });
    call.once('cancelled', close);
    handleStream(call);
  };
}

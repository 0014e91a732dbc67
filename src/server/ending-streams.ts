import {
  type Server,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Lifecycle } from './lifecycle.ts';

/**
 * A server to which services of other libraries (health, reflection) can be added so that their streams end when
 * draining begins. They would stay open as long as the client likes, and their connections with them.
 */
export function withEndingStreams(
  server: Server,
  lifecycle: Lifecycle,
): { addService(service: ServiceDefinition, methods: UntypedServiceImplementation): void } {
  return {
    addService(service, methods) {
      const ending = Object.entries(service).map(
        ([name, { originalName = name, responseStream }]) => {
          const key = name in methods ? name : originalName;
          const handler = methods[key];
          return [key, responseStream && handler ? endWhenDraining(handler, lifecycle) : handler];
        },
      );
      server.addService(service, Object.fromEntries(ending) as UntypedServiceImplementation);
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

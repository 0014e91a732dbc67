import {
  type Server,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Access } from '../../desk/access/access.ts';
import { guardHandler, guardMethod } from './guarded-handler.ts';
import type { Lifecycle } from '../../desk/lifecycle.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { toStatus } from '../wire/error.ts';
import { presentError } from '../../base/errors.ts';

/** A server to which services of other libraries can be added. */
export interface ServiceHost {
  addService(service: ServiceDefinition, methods: UntypedServiceImplementation): void;
}

interface EndingParts {
  readonly lifecycle: Lifecycle;
  readonly access: Pick<Access, 'follow'>;
  readonly root: ProtoRoot;
}

/**
 * A server to which services other than ranking (health, reflection, load reports) can be added so that their streams
 * end when draining begins, and when what let them in counts no more. They would stay open as long as the client likes,
 * and their connections with them. A message that cannot be decoded ends its call, with our answer in place of the
 * library's, which may never come.
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
    const forget = access.follow(call.metadata, (error) =>
      call.emit('error', toStatus(presentError(error), '', root)),
    );
    const close = lifecycle.open({ end, onDraining: end });
    // Told at every end of a call.
    call.once('cancelled', () => {
      close();
      forget();
    });
    handleStream(call);
  };
}

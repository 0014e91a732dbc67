import { type handleServerStreamingCall, type handleUnaryCall, status } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import type { ServiceHost } from './ending-streams.ts';

export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING';

interface HealthRequest {
  readonly service: string;
}
interface HealthReply {
  readonly status: ServingStatus | 'SERVICE_UNKNOWN';
}
type Listener = (reply: HealthReply) => void;

/**
 * grpc.health.v1 for a fixed set of names. Only the protocol comes from grpc-health-check, whose
 * own service stores every name that was ever watched. For an unknown name Check fails with
 * NOT_FOUND; a watch gets SERVICE_UNKNOWN and stays open, as the protocol demands, but its name is
 * not stored.
 */
export class HealthService {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #watches = new Map<string, Set<Listener>>();

  setStatus(name: string, serving: ServingStatus): void {
    this.#statuses.set(name, serving);
    this.#watches.get(name)?.forEach((listener) => listener({ status: serving }));
  }

  addToServer(host: ServiceHost): void {
    const check: handleUnaryCall<HealthRequest, HealthReply> = ({ request }, callback) => {
      const serving = this.#statuses.get(request.service);
      if (serving === undefined) {
        const details = `the service '${request.service}' is not here; ${this.#known()}`;
        callback({ code: status.NOT_FOUND, details });
      } else {
        callback(null, { status: serving });
      }
    };
    const watch: handleServerStreamingCall<HealthRequest, HealthReply> = (call) => {
      const { request } = call;
      const serving = this.#statuses.get(request.service);
      if (serving !== undefined) {
        const listener: Listener = (reply) => call.write(reply);
        const listeners = this.#watches.get(request.service) ?? new Set();
        this.#watches.set(request.service, listeners.add(listener));
        call.once('cancelled', () => listeners.delete(listener));
      }
      call.write({ status: serving ?? 'SERVICE_UNKNOWN' });
    };
    const list: handleUnaryCall<unknown, unknown> = (_call, callback) => {
      const statuses = [...this.#statuses].map(([name, serving]) => [name, { status: serving }]);
      callback(null, { statuses: Object.fromEntries(statuses) as object });
    };
    host.addService(service, { check, watch, list });
  }

  #known(): string {
    const names = [...this.#statuses.keys()].filter((name) => name !== '');
    return `known are '' (the server) and ${names.map((name) => `'${name}'`).join(', ')}`;
  }
}

import { type handleServerStreamingCall, type handleUnaryCall, status } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import type { ServiceHost } from './ending-streams.ts';

export type ServingStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING';

interface Ask {
  readonly service: string;
}
interface Answer {
  readonly status: ServingStatus | 'SERVICE_UNKNOWN';
}
type Told = (answer: Answer) => void;

/**
 * grpc.health.v1 for names that are set at the start: grpc-health-check brings its protocol, but keeps
 * every name that anybody ever watched. An unknown name is NOT_FOUND to Check; a watch of one is told
 * SERVICE_UNKNOWN and stays, as the protocol asks, and nothing is kept of it.
 */
export class HealthService {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #watches = new Map<string, Set<Told>>();

  setStatus(name: string, serving: ServingStatus): void {
    this.#statuses.set(name, serving);
    this.#watches.get(name)?.forEach((tell) => tell({ status: serving }));
  }

  addToServer(host: ServiceHost): void {
    const check: handleUnaryCall<Ask, Answer> = ({ request }, callback) => {
      const serving = this.#statuses.get(request.service);
      if (serving === undefined) {
        const details = `the service '${request.service}' is not here; ${this.#known()}`;
        callback({ code: status.NOT_FOUND, details });
      } else {
        callback(null, { status: serving });
      }
    };
    const watch: handleServerStreamingCall<Ask, Answer> = (call) => {
      const { request } = call;
      const serving = this.#statuses.get(request.service);
      if (serving !== undefined) {
        const tell: Told = (answer) => call.write(answer);
        const told = this.#watches.get(request.service) ?? new Set();
        this.#watches.set(request.service, told.add(tell));
        call.once('cancelled', () => told.delete(tell));
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

import type { Clock } from '../../base/clock.ts';
import type { RankingPipeline } from '../../domain/rank.ts';
import { HealthService, type ServingStatus } from './health-service.ts';
import { rankingServiceName } from '../../proto/proto-root.ts';

const everyMs = 500;
/** A lost replica is back within seconds. Without one for longer, requests are better off elsewhere. */
const graceMs = 5000;

/** grpc.health.v1: SERVING between `begin` and `end` while a replica is ready, or was a moment ago. */
export class Health {
  readonly service = new HealthService();
  readonly #pipeline: Pick<RankingPipeline, 'replicas'>;
  readonly #clock: Clock;
  #readyMs = 0;
  #status: ServingStatus | undefined;
  #callOff: () => void = () => undefined;

  constructor(pipeline: Pick<RankingPipeline, 'replicas'>, clock: Clock) {
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#set('NOT_SERVING');
  }

  begin(): void {
    this.#readyMs = this.#clock.nowMs();
    this.#look();
  }

  end(): void {
    this.#callOff();
    this.#set('NOT_SERVING');
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#pipeline.replicas().some(({ phase }) => phase === 'ready')) {
      this.#readyMs = nowMs;
    }
    const status = nowMs - this.#readyMs < graceMs ? 'SERVING' : 'NOT_SERVING';
    if (status !== this.#status) {
      this.#set(status);
    }
    this.#callOff = this.#clock.at(nowMs + everyMs, () => this.#look());
  }

  #set(status: ServingStatus): void {
    this.#status = status;
    this.service.setStatus('', status);
    this.service.setStatus(rankingServiceName, status);
  }
}

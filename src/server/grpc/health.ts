import type { Clock } from '../../base/clock.ts';
import type { RankingPipeline } from '../../domain/rank.ts';
import { HealthService, type ServingStatus } from './health-service.ts';
import { rankingServiceName } from '../../proto/proto-root.ts';

const pollMs = 500;
/** A lost replica is back within seconds. After that, clients should use another server. */
const graceMs = 5000;

/** grpc.health.v1: SERVING from `begin` to `end` while a replica is ready, or was just now. */
export class Health {
  readonly service = new HealthService();
  readonly #pipeline: Pick<RankingPipeline, 'replicas'>;
  readonly #clock: Clock;
  #readyAtMs = 0;
  #status: ServingStatus | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(pipeline: Pick<RankingPipeline, 'replicas'>, clock: Clock) {
    this.#pipeline = pipeline;
    this.#clock = clock;
    this.#set('NOT_SERVING');
  }

  get isServing(): boolean {
    return this.#status === 'SERVING';
  }

  begin(): void {
    this.#readyAtMs = this.#clock.nowMs();
    this.#update();
  }

  end(): void {
    this.#cancelTimer();
    this.#set('NOT_SERVING');
  }

  #update(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#pipeline.replicas().some(({ phase }) => phase === 'ready')) {
      this.#readyAtMs = nowMs;
    }
    const status = nowMs - this.#readyAtMs < graceMs ? 'SERVING' : 'NOT_SERVING';
    if (status !== this.#status) {
      this.#set(status);
    }
    this.#cancelTimer = this.#clock.at(nowMs + pollMs, () => this.#update());
  }

  #set(status: ServingStatus): void {
    this.#status = status;
    this.service.setStatus('', status);
    this.service.setStatus(rankingServiceName, status);
  }
}

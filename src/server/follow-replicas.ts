import type { Clock } from '../clock.ts';
import type { RankingPipeline } from '../rank.ts';

export interface FollowOptions {
  readonly pipeline: Pick<RankingPipeline, 'replicas'>;
  readonly clock: Clock;
  /** Called when it changes: true at first. */
  readonly onServing: (isServing: boolean) => void;
  /** Longest without a ready replica that health keeps silent about: a crash is over sooner than clients move. */
  readonly graceMs: number;
}

const everyMs = 500;

/** Follows the replicas until the returned function is called. */
export function followReplicas(options: FollowOptions): () => void {
  const { pipeline, clock, onServing, graceMs } = options;
  let isServing = true;
  let readyMs = clock.nowMs();
  let callOff = () => undefined as void;
  const look = () => {
    const nowMs = clock.nowMs();
    if (pipeline.replicas().some(({ phase }) => phase === 'ready')) {
      readyMs = nowMs;
    }
    const serves = nowMs - readyMs < graceMs;
    if (serves !== isServing) {
      isServing = serves;
      onServing(serves);
    }
    callOff = clock.at(nowMs + everyMs, look);
  };
  look();
  return () => callOff();
}

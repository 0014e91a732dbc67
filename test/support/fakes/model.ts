import type { DeviceSlot } from '../../../src/config/config.ts';
import type { Tell } from '../../../src/domain/events.ts';
import type { Manifest } from '../../../src/model/manifest.ts';
import type { ModelSource } from '../../../src/pipeline/model-set.ts';
import type { OpenPipeline } from '../../../src/pipeline/pipeline.ts';
import { ReplicaSet } from '../../../src/pool/replica-set.ts';
import { Replica } from '../../../src/pool/replica.ts';
import { createCostModel } from '../../../src/schedule/costs/cost.ts';
import { FakeClock } from './clock.ts';
import { FakePipeline } from './pipeline.ts';
import { FakeThread } from './thread.ts';

/**
 * A model with the test's pipeline. Its replicas are real, with threads that load at once, except
 * `refused`.
 */
export class FakeModel {
  readonly manifest: Manifest;
  readonly pipeline = new FakePipeline();
  readonly pool: ReplicaSet;
  hasSpareTime = true;
  readonly tell: Tell;

  constructor(
    { manifest, devices, tell }: ModelSource & { readonly tell: Tell },
    refused: ReadonlySet<string>,
  ) {
    this.manifest = manifest;
    this.tell = tell;
    this.pool = new ReplicaSet(devices, (slot) => openReplica(slot, tell, refused));
    const { pool, pipeline } = this;
    pipeline.replicas = () => [...pool.describe()];
    const becameWarm = pipeline.warm.bind(pipeline);
    pipeline.warm = async () => {
      await pool.warm();
      await becameWarm();
      return undefined;
    };
  }

  /** What a ModelSet opens. */
  open(): FakePipeline & OpenPipeline {
    return Object.assign(this.pipeline, {
      pool: this.pool,
      costs: () => this.costs(),
      gauges: () => this.gauges(),
      spare: {
        isIdle: () => this.hasSpareTime,
        has: () => this.hasSpareTime,
        score: () => Promise.reject(new Error('no rows')),
      },
    });
  }

  costs() {
    const cost = createCostModel();
    cost.observe({ replica: 'cpu#0', packedTokens: 100, runMs: 50 });
    return cost.table();
  }

  gauges(): never {
    throw new Error('no gauges');
  }
}

function openReplica(slot: DeviceSlot, tell: Tell, refused: ReadonlySet<string>): Replica {
  return new Replica(slot, {
    openThread: (onGone) => {
      const thread = new FakeThread(onGone);
      setImmediate(() => {
        thread.answer(
          refused.has(slot.name)
            ? { kind: 'failed', message: 'no memory', fault: 'memory' }
            : { kind: 'loaded' },
        );
      });
      return thread;
    },
    warmUps: [],
    backOff: { firstMs: 100, mostMs: 500, failures: 2, quarantineMs: 60_000 },
    clock: new FakeClock(),
    predictMs: () => 5,
    onWarmUp: () => undefined,
    onPhase: ({ state }) => {
      const reason = 'reason' in state ? state.reason : undefined;
      tell({ kind: 'replica', replica: slot.name, phase: state.phase, reason });
    },
  });
}

import type { Clock } from '../base/clock.ts';
import type { DeviceSlot } from '../config/config.ts';
import { RankError } from '../base/errors.ts';
import type { ServingEvent, Tell } from '../domain/events.ts';
import type { ServingGauges } from './gauges.ts';
import type { FileStamps, Manifest } from '../model/manifest.ts';
import type { ReplicaSet } from '../pool/replica-set.ts';
import type {
  CallContext,
  RankingPipeline,
  RankRequest,
  ReplicaDescription,
  ServedModel,
} from '../domain/rank.ts';
import type { CostTable } from '../schedule/costs/cost.ts';
import { type VerifiedModel, verifyModel } from '../model/verified-model.ts';

/** A model's serving path, and what may be changed of it. */
export interface OpenModel {
  readonly pipeline: RankingPipeline;
  readonly pool: Pick<
    ReplicaSet,
    'slots' | 'describe' | 'resize' | 'drainReplica' | 'quarantine' | 'release'
  >;
  costs(): CostTable;
  gauges(): ServingGauges;
}

export interface ModelSource {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Of its files when they were verified; see `verifyModel`. */
  readonly verified?: FileStamps | undefined;
  readonly devices: readonly DeviceSlot[];
}

export interface ModelSetOptions {
  readonly first: ModelSource;
  /** Makes a model's serving path; loads nothing. */
  readonly open: (source: ModelSource & { readonly tell: Tell }) => OpenModel;
  readonly clock: Clock;
  /** Reads a folder's files; by default as `verifyModel` does. */
  readonly verify?: (folder: string) => Promise<VerifiedModel>;
  readonly tell?: Tell;
}

/** The models of a server, for those who run it. */
export interface PoolView {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly slots: readonly DeviceSlot[];
  readonly replicas: readonly ReplicaDescription[];
  /** The change under way, in words. */
  readonly change: string | undefined;
  readonly drainingModels: number;
}

interface Model extends OpenModel {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Told of the steps of a change, in words. */
export type Note = (step: string) => void;

/**
 * The model that new requests get, and those that were served before and still finish requests. A request stays with
 * the model that it started with. One change at a time.
 */
export class ModelSet implements RankingPipeline {
  readonly #options: ModelSetOptions;
  readonly #others = new Set<Model>();
  #current: Model;
  #change: string | undefined;
  #note: Note = () => undefined;
  #isDraining = false;

  constructor(options: ModelSetOptions) {
    this.#options = options;
    this.#current = this.#open(options.first);
  }

  /** Rank with what it gives in the same turn: later it may drain. */
  current(): ServedModel {
    return this.#current;
  }

  view(): PoolView {
    const { folder, manifest, pool } = this.#current;
    const { slots } = pool;
    const replicas = pool.describe();
    return {
      ...{ folder, manifest, slots, replicas },
      change: this.#change,
      drainingModels: this.#others.size,
    };
  }

  costs(): CostTable {
    return this.#current.costs();
  }

  gauges(): ServingGauges {
    return this.#current.gauges();
  }

  rank(request: RankRequest, call: CallContext) {
    return this.#current.pipeline.rank(request, call);
  }

  estimate(request: RankRequest, call: CallContext) {
    return this.#current.pipeline.estimate(request, call);
  }

  tokenize(...asked: Parameters<RankingPipeline['tokenize']>) {
    return this.#current.pipeline.tokenize(...asked);
  }

  replicas(): readonly ReplicaDescription[] {
    return this.#current.pipeline.replicas();
  }

  buckets(): readonly number[] {
    return this.#current.pipeline.buckets();
  }

  warm(): Promise<void> {
    return this.#current.pipeline.warm();
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    const models = [this.#current, ...this.#others];
    await Promise.all(models.map(({ pipeline }) => pipeline.drain()));
  }

  /** See `ReplicaSet.resize`. @throws RankError, all as it was before. */
  async resize(slots: readonly DeviceSlot[], note: Note): Promise<void> {
    const { pool } = this.#current;
    assertSameKind(pool.slots, slots);
    await this.#inTurn('resizing', note, () => pool.resize(slots));
  }

  /** See `ReplicaSet.drainReplica`. @throws RankError */
  async drainReplica(slot: string): Promise<void> {
    const { pool } = this.#current;
    await this.#inTurn(
      `draining ${slot}`,
      () => undefined,
      () => pool.drainReplica(slot),
    );
  }

  /** See `ReplicaSet.quarantine`. At any time. @throws RankError */
  async quarantine(slot: string, reason: string): Promise<void> {
    await this.#current.pool.quarantine(slot, reason);
  }

  /** See `ReplicaSet.release`. At any time. @throws RankError */
  async release(slot: string): Promise<void> {
    this.#assertOpen();
    await this.#current.pool.release(slot);
  }

  /**
   * Loads a built model beside the current one, gives it all new requests once it is warm, and drains the old one.
   *
   * @throws RankError naming what is wrong with the folder, or why the model does not load; the old one serves on and
   * what the new one took is free again.
   */
  async load(folder: string, note: Note): Promise<void> {
    await this.#inTurn(`loading ${folder}`, note, async () => {
      note('verifying');
      const { manifest, files: verified } = await this.#verify(folder);
      const old = this.#current;
      const next = this.#open({ folder, manifest, verified, devices: old.pool.slots });
      this.#others.add(next);
      note(`loading ${manifest.name}`);
      await this.#warmOrDrain(next);
      this.#shift(next);
      note(`shifted to ${manifest.name}`);
      await old.pipeline.drain();
      this.#others.delete(old);
      note(`drained ${old.manifest.name}`);
    });
  }

  async #verify(folder: string): Promise<VerifiedModel> {
    const { clock, verify = (dir: string) => verifyModel(dir, clock) } = this.#options;
    try {
      return await verify(folder);
    } catch (error) {
      const { kind, message, reason } = RankError.from(error);
      const isKept = kind === 'not-found' || kind === 'unavailable';
      throw new RankError(isKept ? kind : 'invalid-argument', message, {
        violations: [{ field: 'folder', description: message }],
        ...(reason === undefined ? {} : { reason }),
        cause: error,
      });
    }
  }

  async #warmOrDrain(next: Model): Promise<void> {
    try {
      await next.pipeline.warm();
      this.#assertOpen();
    } catch (error) {
      await next.pipeline.drain();
      this.#others.delete(next);
      throw RankError.from(error);
    }
  }

  /** In one turn, so that no request falls between the two. */
  #shift(next: Model): void {
    this.#others.delete(next);
    this.#others.add(this.#current);
    this.#current = next;
    const { name: model, fingerprint, precision, buckets } = next.manifest;
    this.#options.tell?.({ kind: 'model', model, fingerprint, precision, buckets });
    for (const { deviceSlot: replica, phase, reason } of next.pool.describe()) {
      this.#options.tell?.({ kind: 'replica', replica, phase, reason });
    }
  }

  #open(source: ModelSource): Model {
    const { folder, manifest } = source;
    const tell = (event: ServingEvent) => this.#tell(model, event);
    const opened = this.#options.open({ ...source, tell });
    const { pipeline, pool } = opened;
    const model: Model = {
      ...{ folder, manifest, pipeline, pool },
      costs: () => opened.costs(),
      gauges: () => opened.gauges(),
    };
    return model;
  }

  /** Two models have replicas on the same slots: only those of the current one are the slots' state. */
  #tell(model: Model, event: ServingEvent): void {
    const isCurrent = model === this.#current;
    if (event.kind === 'replica') {
      const { replica, phase } = event;
      this.#note(`${replica}${isCurrent ? '' : ` of ${model.manifest.name}`} is ${phase}`);
    }
    if (isCurrent || event.kind !== 'replica') {
      this.#options.tell?.(event);
    }
  }

  async #inTurn(change: string, note: Note, work: () => Promise<void>): Promise<void> {
    this.#assertOpen();
    if (this.#change !== undefined) {
      throw new RankError('failed-precondition', `${this.#change} is under way`, {
        reason: 'CHANGE_UNDER_WAY',
      });
    }
    this.#change = change;
    this.#note = note;
    try {
      await work();
    } finally {
      this.#change = undefined;
      this.#note = () => undefined;
    }
  }

  #assertOpen(): void {
    if (this.#isDraining) {
      throw new RankError('unavailable', 'the server is draining', { reason: 'DRAINING' });
    }
  }
}

function assertSameKind(before: readonly DeviceSlot[], after: readonly DeviceSlot[]): void {
  const [serving] = before;
  const other = after.find(({ provider }) => provider !== serving?.provider);
  if (serving !== undefined && other !== undefined) {
    const description = `${other.name} beside ${serving.name}: scores would change; restart the server for that`;
    throw new RankError('invalid-argument', description, {
      violations: [{ field: 'devices', description }],
    });
  }
}

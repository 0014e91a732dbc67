import type { Clock } from '../base/clock.ts';
import type { DeviceSlot } from '../config/config.ts';
import { RankError } from '../base/errors.ts';
import type { ServingEvent, Tell } from '../domain/events.ts';
import type { ServingGauges } from './gauges.ts';
import type { FileStamps, Manifest } from '../model/manifest.ts';
import type { OpenPipeline } from './pipeline.ts';
import type { ReplicaDescription, Serving } from '../domain/rank.ts';
import type { CostTable } from '../schedule/costs/cost.ts';
import { type VerifiedModel, verifyModel } from '../model/verified-model.ts';

export interface ModelSource {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Stamps of its files when they were verified; see `verifyModel`. */
  readonly verified?: FileStamps | undefined;
  readonly devices: readonly DeviceSlot[];
}

export interface ModelSetOptions {
  readonly first: ModelSource;
  /** Creates a model's pipeline and loads nothing. */
  readonly open: (source: ModelSource & { readonly tell: Tell }) => OpenPipeline;
  readonly clock: Clock;
  /** Verifies the files of a folder; `verifyModel` by default. */
  readonly verify?: (folder: string) => Promise<VerifiedModel>;
  readonly tell?: Tell;
  /** Hears of a model that serves from now on instead of the one before. */
  readonly onShift?: (model: OpenModel) => void;
}

/** The models of a server as its operator sees them. */
export interface PoolView {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly slots: readonly DeviceSlot[];
  readonly replicas: readonly ReplicaDescription[];
  /** A description of the change under way. */
  readonly change: string | undefined;
  readonly drainingModels: number;
}

/** A model of the set. */
export interface OpenModel {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly pipeline: OpenPipeline;
}

/** Receives the steps of a change as text. */
export type Note = (step: string) => void;

/**
 * The model that serves new requests, and earlier ones that still finish theirs. A request stays
 * with the model that it started with. Only one change runs at a time.
 */
export class ModelSet implements Serving {
  readonly #options: ModelSetOptions;
  readonly #others = new Set<OpenModel>();
  #current: OpenModel;
  #change: string | undefined;
  #note: Note = () => undefined;
  #isDraining = false;

  constructor(options: ModelSetOptions) {
    this.#options = options;
    this.#current = this.#open(options.first);
  }

  /** Use it in the same turn of the event loop: later the model may be draining. */
  current(): OpenModel {
    return this.#current;
  }

  view(): PoolView {
    const { folder, manifest, pipeline } = this.#current;
    return {
      folder,
      manifest,
      slots: pipeline.pool.slots,
      replicas: pipeline.replicas(),
      change: this.#change,
      drainingModels: this.#others.size,
    };
  }

  costs(): CostTable {
    return this.#current.pipeline.costs();
  }

  gauges(): ServingGauges {
    return this.#current.pipeline.gauges();
  }

  /** Whether no model has requests now. */
  isIdle(): boolean {
    return [this.#current, ...this.#others].every(({ pipeline }) => pipeline.spare.isIdle());
  }

  /** Whether all models have time for work that no caller waits for: see `hasSpareTime`. */
  hasSpareTime(): boolean {
    return [this.#current, ...this.#others].every(({ pipeline }) => pipeline.spare.has());
  }

  replicas(): readonly ReplicaDescription[] {
    return this.#current.pipeline.replicas();
  }

  warm(): Promise<void> {
    return this.#current.pipeline.warm();
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    const models = [this.#current, ...this.#others];
    await Promise.all(models.map(({ pipeline }) => pipeline.drain()));
  }

  /** See `ReplicaSet.resize`. @throws RankError; then nothing has changed. */
  async resize(slots: readonly DeviceSlot[], note: Note): Promise<void> {
    const { pool } = this.#current.pipeline;
    assertSameKind(pool.slots, slots);
    await this.#inTurn('resizing', note, () => pool.resize(slots));
  }

  /** See `ReplicaSet.drainReplica`. @throws RankError */
  async drainReplica(slot: string): Promise<void> {
    const { pool } = this.#current.pipeline;
    await this.#inTurn(
      `draining ${slot}`,
      () => undefined,
      () => pool.drainReplica(slot),
    );
  }

  /** See `ReplicaSet.quarantine`. Does not wait for a change under way. @throws RankError */
  async quarantine(slot: string, reason: string): Promise<void> {
    await this.#current.pipeline.pool.quarantine(slot, reason);
  }

  /** See `ReplicaSet.release`. Does not wait for a change under way. @throws RankError */
  async release(slot: string): Promise<void> {
    this.#assertOpen();
    await this.#current.pipeline.pool.release(slot);
  }

  /**
   * Loads a built model beside the current one, sends it all new requests once it is warm, and
   * drains the old one.
   *
   * @throws RankError that says what is wrong with the folder or why the model does not load. The
   * old model then continues to serve, and the new one's threads and memory are freed.
   */
  async load(folder: string, note: Note): Promise<void> {
    await this.#inTurn(`loading ${folder}`, note, async () => {
      note('verifying');
      const { manifest, files: verified } = await this.#verify(folder);
      const old = this.#current;
      const next = this.#open({ folder, manifest, verified, devices: old.pipeline.pool.slots });
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

  async #warmOrDrain(next: OpenModel): Promise<void> {
    try {
      await next.pipeline.warm();
      this.#assertOpen();
    } catch (error) {
      await next.pipeline.drain();
      this.#others.delete(next);
      throw RankError.from(error);
    }
  }

  /** Synchronous, so that no request arrives between the two models. */
  #shift(next: OpenModel): void {
    this.#others.delete(next);
    this.#others.add(this.#current);
    this.#current = next;
    const { name: model, fingerprint, precision, buckets } = next.manifest;
    this.#options.tell?.({ kind: 'model', model, fingerprint, precision, buckets });
    for (const { deviceSlot: replica, phase, reason } of next.pipeline.pool.describe()) {
      this.#options.tell?.({ kind: 'replica', replica, phase, reason });
    }
    this.#options.onShift?.(next);
  }

  #open(source: ModelSource): OpenModel {
    const { folder, manifest } = source;
    const tell = (event: ServingEvent) => this.#tell(model, event);
    const model: OpenModel = {
      folder,
      manifest,
      pipeline: this.#options.open({ ...source, tell }),
    };
    return model;
  }

  /**
   * Two models have replicas on the same slots; a slot's state is that of the current model's
   * replica.
   */
  #tell(model: OpenModel, event: ServingEvent): void {
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
    const description =
      `${other.name} and ${serving.name} would give different scores; ` +
      'restart the server to change between CPU and CUDA';
    throw new RankError('invalid-argument', description, {
      violations: [{ field: 'devices', description }],
    });
  }
}

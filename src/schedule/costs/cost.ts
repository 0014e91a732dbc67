import { CostFit, type CostWeights, costOf, type WorkSize } from './cost-fit.ts';

export type { CostWeights, WorkSize } from './cost-fit.ts';

/** Predicts how long batches run, from the runs seen so far. */
export interface CostModel {
  observe(run: ObservedRun): void;
  /** `encodeMs` is the time from a request's arrival to its entry into the queue. */
  observeEncode(encodeMs: number): void;
  /**
   * Milliseconds of one run of this size: on the named replica, or the mean of all replicas seen.
   * 0 before the first run. Without `slots`, as many are assumed as runs have had per token.
   */
  estimateMs(size: WorkEstimate, replica?: string): number;
  /** Everything learnt, as plain data. */
  table(): CostTable;
}

export interface WorkEstimate {
  readonly packedTokens: number;
  readonly slots?: number;
}

export interface ObservedRun extends WorkEstimate {
  /** The device slot's name. */
  readonly replica: string;
  readonly runMs: number;
  /** From dispatch to outcome, less the run itself; undefined if another batch ran first. */
  readonly handoverMs?: number | undefined;
}

/** Costs as data, for metrics, the admin service and the simulator. */
export interface CostTable {
  readonly format: 1;
  readonly kinds: readonly KindCost[];
  readonly replicas: readonly ReplicaCost[];
  /** From arrival to the queue, for the most recent requests, oldest first. */
  readonly encodeMs: readonly number[];
}

/** The cost of a kind of device slot (`cpu`, `cuda`). Its replicas differ only by a factor. */
export interface KindCost extends CostWeights {
  readonly kind: string;
  readonly runs: number;
  readonly slotsPerToken: number;
  /** Run time over this table's prediction, for the most recent runs, oldest first. */
  readonly runRatios: readonly number[];
  /** From dispatch to outcome less the run, for the most recent batches, oldest first. */
  readonly handoverMs: readonly number[];
}

export interface ReplicaCost {
  /** The device slot's name. */
  readonly replica: string;
  /** Its run times over its kind's: 2 means half as fast. */
  readonly factor: number;
  readonly runs: number;
  /** Moving average of |run - predicted| / run. */
  readonly error: number;
}

/** Weight of the latest value in a moving average, once there are enough for it. */
const costEmaWeight = 0.1;
/** Runs, batches and requests whose times are kept one by one: minutes of load on a CPU. */
const keptTimes = 1_000;
/** Bounds a replica's factor, in both directions. */
const maxFactor = 64;

/** A mean of all values that turns into a moving average of about the last twenty. */
class Mean {
  value: number;
  count: number;

  constructor(value = 0, count = 0) {
    this.value = value;
    this.count = count;
  }

  add(value: number): void {
    this.count += 1;
    this.value += (value - this.value) * Math.max(costEmaWeight, 1 / this.count);
  }
}

/** The most recent values of a stream. */
class Recent<Value> {
  readonly #limit: number;
  readonly #values: Value[] = [];
  /** Where the next value goes; once the list is full, the oldest value is there. */
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(value: Value): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#limit;
  }

  /** Oldest first. */
  get values(): readonly Value[] {
    const start = this.#values.length === this.#limit ? this.#next : 0;
    return [...this.#values.slice(start), ...this.#values.slice(0, start)];
  }
}

/** A run as it would have been on a replica of factor 1. */
interface UsualRun extends WorkSize {
  readonly usualMs: number;
}

class Kind {
  readonly name: string;
  readonly fit: CostFit;
  readonly recentRuns = new Recent<UsualRun>(keptTimes);
  readonly handoverMs = new Recent<number>(keptTimes);
  readonly slotsPerToken: Mean;
  runs: number;
  replicas = 0;

  constructor(known: KindCost | string) {
    const isNew = typeof known === 'string';
    this.name = isNew ? known : known.kind;
    this.fit = new CostFit(isNew ? undefined : known);
    this.slotsPerToken = isNew ? new Mean() : new Mean(known.slotsPerToken, known.runs);
    this.runs = isNew ? 0 : known.runs;
  }

  sizeOf({ packedTokens, slots }: WorkEstimate): WorkSize {
    return { packedTokens, slots: slots ?? packedTokens * this.slotsPerToken.value };
  }

  estimateMs(size: WorkEstimate): number {
    return costOf(this.fit.weights, this.sizeOf(size));
  }

  table(): KindCost {
    const { weights } = this.fit;
    return {
      kind: this.name,
      ...weights,
      runs: this.runs,
      slotsPerToken: this.slotsPerToken.value,
      runRatios: this.recentRuns.values.map(
        ({ usualMs, ...size }) => usualMs / costOf(weights, size),
      ),
      handoverMs: this.handoverMs.values,
    };
  }
}

interface Replica {
  readonly kind: Kind;
  readonly factor: Mean;
  readonly error: Mean;
}

/**
 * The factor begins as if one run had measured 1, which damps it while the kind is being learnt.
 */
function createReplica(kind: Kind): Replica {
  kind.replicas += 1;
  return { kind, factor: new Mean(1, 1), error: new Mean() };
}

/** Starts from a table of known costs, or without any. */
export function createCostModel(table?: CostTable): CostModel {
  return new LearntCost(table);
}

/**
 * A kind's cost is fixed + per token + per slot, fitted to the runs of all its replicas. A
 * replica's cost is its kind's times a factor, which is 1 for a new replica.
 */
class LearntCost implements CostModel {
  readonly #kinds = new Map<string, Kind>();
  readonly #replicas = new Map<string, Replica>();
  readonly #encodeMs = new Recent<number>(keptTimes);

  constructor(table?: CostTable) {
    for (const known of table?.kinds ?? []) {
      this.#kinds.set(known.kind, new Kind(known));
    }
    for (const { replica, factor, runs, error } of table?.replicas ?? []) {
      const kind = this.#kindOf(replica);
      kind.replicas += 1;
      this.#replicas.set(replica, {
        kind,
        factor: new Mean(factor, runs + 1),
        error: new Mean(error, runs),
      });
    }
  }

  observeEncode(encodeMs: number): void {
    this.#encodeMs.add(encodeMs);
  }

  observe({ replica: name, runMs, handoverMs, ...given }: ObservedRun): void {
    const replica = this.#replicas.get(name) ?? createReplica(this.#kindOf(name));
    this.#replicas.set(name, replica);
    const { kind, factor, error } = replica;
    const size = kind.sizeOf(given);
    const kindMs = kind.estimateMs(size);
    const usualMs = runMs / factor.value;
    if (kindMs > 0 && runMs > 0) {
      error.add(Math.abs(runMs - kindMs * factor.value) / runMs);
    }
    // A kind with a single replica is that replica: its factor stays 1.
    if (kindMs > 0 && kind.replicas > 1) {
      factor.add(Math.min(Math.max(runMs / kindMs, 1 / maxFactor), maxFactor));
    }
    kind.fit.observe(size, usualMs);
    kind.recentRuns.add({ ...size, usualMs });
    if (handoverMs !== undefined) {
      kind.handoverMs.add(handoverMs);
    }
    kind.runs += 1;
    if (given.slots !== undefined) {
      kind.slotsPerToken.add(given.slots / given.packedTokens);
    }
  }

  estimateMs(size: WorkEstimate, name?: string): number {
    if (name === undefined) {
      return this.#meanMs(size);
    }
    const replica = this.#replicas.get(name);
    const kind = replica?.kind ?? this.#kinds.get(kindName(name));
    return kind === undefined ? 0 : kind.estimateMs(size) * (replica?.factor.value ?? 1);
  }

  table(): CostTable {
    return {
      format: 1,
      kinds: [...this.#kinds.values()].map((kind) => kind.table()),
      replicas: [...this.#replicas].map(([replica, { factor, error }]) => ({
        replica,
        factor: factor.value,
        runs: error.count,
        error: error.value,
      })),
      encodeMs: this.#encodeMs.values,
    };
  }

  #meanMs(size: WorkEstimate): number {
    const all = [...this.#replicas.values()];
    const sum = all.reduce(
      (total, { kind, factor }) => total + kind.estimateMs(size) * factor.value,
      0,
    );
    return all.length === 0 ? 0 : sum / all.length;
  }

  #kindOf(replica: string): Kind {
    const name = kindName(replica);
    const kind = this.#kinds.get(name) ?? new Kind(name);
    this.#kinds.set(name, kind);
    return kind;
  }
}

/** `cpu` of `cpu#0`, `cuda` of `cuda:1#2`. */
function kindName(replica: string): string {
  return replica.replace(/[:#].*$/s, '');
}

import { clamp } from '../../base/clamp.ts';
import { CostFit, type CostWeights, costOf, type WorkSize } from './cost-fit.ts';
import { Recent } from './recent.ts';

export type { CostWeights, WorkSize } from './cost-fit.ts';

/** What work costs, learnt from runs. */
export interface CostModel {
  observe(run: ObservedRun): void;
  /** From a request's arrival to the queue. */
  observeEncode(encodeMs: number): void;
  /**
   * Milliseconds of one run of this size: on the named replica, or on a usual one of those seen. 0 before the first run
   * was seen. Without `slots`, as many as runs of so many tokens had so far.
   */
  estimateMs(size: WorkEstimate, replica?: string): number;
  /** All that was learnt, as plain data. */
  table(): CostTable;
}

export type WorkEstimate = Pick<WorkSize, 'packedTokens'> & Partial<WorkSize>;

export interface ObservedRun extends WorkEstimate {
  /** The device slot's name. */
  readonly replica: string;
  readonly runMs: number;
  /** From the dispatch to the outcome without the run itself; undefined when another batch ran first. */
  readonly handoverMs?: number | undefined;
}

/** Costs as data: for metrics, the admin service, and the simulator. */
export interface CostTable {
  readonly format: 1;
  readonly kinds: readonly KindCost[];
  readonly replicas: readonly ReplicaCost[];
  /** From arrival to the queue, of the newest requests in order of time. */
  readonly encodeMs: readonly number[];
}

/** Device slots of one kind (`cpu`, `cuda`) share the shape of their cost. */
export interface KindCost extends CostWeights {
  readonly kind: string;
  readonly runs: number;
  readonly slotsPerToken: number;
  /** The newest runs in order of time: how long each took over what this table says of it. To be drawn from. */
  readonly runRatios: readonly number[];
  /** Of the newest batches likewise: from dispatch to outcome without the run. */
  readonly handoverMs: readonly number[];
}

export interface ReplicaCost {
  /** The device slot's name. */
  readonly replica: string;
  /** Its run times over its kind's: 2 is half as fast. */
  readonly factor: number;
  readonly runs: number;
  /** Mean of |run - predicted| / run, the newest runs counting most. */
  readonly error: number;
}

/** Weight of the newest run in a mean: about the last twenty count, from the first on all alike. */
const newest = 0.1;
/** Runs, batches and requests whose times are kept one by one: minutes of load on a CPU. */
const kept = 1_000;
/** A replica is never taken for more than so many times faster or slower than its kind. */
const mostFactor = 64;

class Mean {
  value: number;
  count: number;

  constructor(value = 0, count = 0) {
    this.value = value;
    this.count = count;
  }

  add(value: number): void {
    this.count += 1;
    this.value += (value - this.value) * Math.max(newest, 1 / this.count);
  }
}

/** A run as it would have been on a replica of factor 1. */
interface UsualRun extends WorkSize {
  readonly usualMs: number;
}

class Kind {
  readonly name: string;
  readonly fit: CostFit;
  readonly newest = new Recent<UsualRun>(kept);
  readonly handoverMs = new Recent<number>(kept);
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
    const { name: kind, fit, runs, slotsPerToken, newest: newestRuns, handoverMs } = this;
    const { weights } = fit;
    return {
      ...{ kind, ...weights, runs, slotsPerToken: slotsPerToken.value },
      runRatios: newestRuns.values.map(({ usualMs, ...size }) => usualMs / costOf(weights, size)),
      handoverMs: handoverMs.values,
    };
  }
}

interface Replica {
  readonly kind: Kind;
  readonly factor: Mean;
  readonly error: Mean;
}

/** Its factor settles while the shape is still being learnt: it counts as one run that said 1. */
function createReplica(kind: Kind): Replica {
  kind.replicas += 1;
  return { kind, factor: new Mean(1, 1), error: new Mean() };
}

/** Starts from what a table knows, or from nothing. */
export function createCostModel(table?: CostTable): CostModel {
  return new LearntCost(table);
}

/**
 * A kind's cost is fixed + per token + per slot, fitted to the runs of all its replicas; a replica's is that times a
 * factor of its own. A new replica of a known kind starts with the kind's.
 */
class LearntCost implements CostModel {
  readonly #kinds = new Map<string, Kind>();
  readonly #replicas = new Map<string, Replica>();
  readonly #encodeMs = new Recent<number>(kept);

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
    // The only one of its kind is its kind.
    if (kindMs > 0 && kind.replicas > 1) {
      factor.add(clamp(runMs / kindMs, 1 / mostFactor, mostFactor));
    }
    kind.fit.observe(size, usualMs);
    kind.newest.add({ ...size, usualMs });
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
      return this.#usualMs(size);
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

  #usualMs(size: WorkEstimate): number {
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
  return /^[^:#]*/.exec(replica)?.[0] ?? replica;
}

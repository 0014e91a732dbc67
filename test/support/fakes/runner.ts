import { at } from '../../../src/base/at.ts';
import type {
  BatchOutcome,
  BatchPart,
  BatchRunner,
  EncodedRequest,
  PackedBatch,
} from '../../../src/batch/packed-batch.ts';
import type { FailureKind } from '../../../src/schedule/split-batch.ts';
import { createDeferred } from '../../../src/base/deferred.ts';
import { packedTokens } from '../../../src/batch/pack/pack-batch.ts';

/**
 * A request whose every candidate's tokens all are its own id, from `firstId` on, so that a fake
 * run can score it and a test can see whose tokens a batch holds.
 */
export function fakeRequest(
  lengths: readonly number[],
  { prefix = 4, firstId = 0 }: { prefix?: number; firstId?: number } = {},
): EncodedRequest {
  return {
    prefix: new Int32Array(prefix),
    candidates: lengths.map((length, index) => ({
      ids: new Int32Array(length).fill(firstId + index),
      tokens: length,
      truncated: false,
    })),
  };
}

/** The logits a fake run gives to the candidate of this id. */
export function fakeLogits(id: number): readonly [yes: number, no: number] {
  return [id + 0.5, -id];
}

const partsOfBatches = new WeakMap<PackedBatch, readonly BatchPart[]>();

/** Packs nothing, remembers the parts. */
export function fakePack(parts: readonly BatchPart[]): PackedBatch {
  const batch = { tokens: 0, candidates: 0, groups: [], feeds: [] };
  partsOfBatches.set(batch, parts);
  return batch;
}

export class FakeRun {
  readonly parts: readonly BatchPart[];
  readonly #outcome = createDeferred<BatchOutcome>();

  constructor(batch: PackedBatch) {
    this.parts = partsOfBatches.get(batch) ?? [];
  }

  get outcome(): Promise<BatchOutcome> {
    return this.#outcome.promise;
  }

  /** The candidates' ids, part by part. */
  get ids(): readonly (readonly number[])[] {
    return this.parts.map(({ suffixes }) => suffixes.map(({ ids }) => at(ids, 0)));
  }

  get packedTokens(): number {
    return packedTokens(this.parts);
  }

  finish({ runMs = 10, bad }: { runMs?: number; bad?: number } = {}): void {
    const logits = this.ids.flat().flatMap((id) => (id === bad ? [Number.NaN, 0] : fakeLogits(id)));
    this.#outcome.resolve({ ok: true, logits: Float32Array.from(logits), runMs });
  }

  fail(kind: FailureKind, message = 'the fake failed'): void {
    this.#outcome.resolve({ ok: false, kind, message });
  }
}

/** A replica that runs nothing until the test says how each run ends. */
export class FakeRunner implements BatchRunner {
  readonly name: string;
  readonly runs: FakeRun[] = [];

  constructor(name = 'cpu#0') {
    this.name = name;
  }

  get last(): FakeRun {
    const run = this.runs.at(-1);
    if (run === undefined) {
      throw new Error(`${this.name} was given no batch`);
    }
    return run;
  }

  run(batch: PackedBatch): Promise<BatchOutcome> {
    const run = new FakeRun(batch);
    this.runs.push(run);
    return run.outcome;
  }
}

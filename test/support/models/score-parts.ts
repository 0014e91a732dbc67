import { at } from '../../../src/base/at.ts';
import type { LayoutPlan } from '../../../src/batch/layouts/layout.ts';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import { type TokenPart, tokenPart } from '../../../src/batch/packed-batch.ts';
import { openSession, type RankSession } from '../../../src/engine/session.ts';
import { maskedPlan } from '../../../src/toolchain/graph/graph-plans.ts';
import type { Manifest } from '../../../src/model/manifest.ts';
import type { TinyModel } from './tiny-model.ts';

/**
 * A session on one CPU thread, as in a CPU replica. It reads only the graphs of the manifest.
 */
export function openTinySession(model: TinyModel): Promise<RankSession> {
  return openSession({
    modelDir: model.dir,
    manifest: { graphs: model.graphs } as Manifest,
    provider: 'cpu',
    deviceId: 0,
    threads: 1,
  });
}

/** Packs and runs; [yes, no] of each candidate in order. */
export async function scoreParts(
  session: RankSession,
  parts: readonly TokenPart[],
  plan: LayoutPlan = maskedPlan,
): Promise<[yes: number, no: number][]> {
  const logits = await session.run(packBatch(parts.map(tokenPart), plan));
  return Array.from({ length: logits.length / 2 }, (_, i) => [
    at(logits, 2 * i),
    at(logits, 2 * i + 1),
  ]);
}

/** Largest |a - b|; NaN when the shapes differ or anything is NaN. */
export function largestDifference(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number {
  const flatB = b.flat();
  const flatA = a.flat();
  return flatA.length === flatB.length
    ? Math.max(0, ...flatA.map((value, i) => Math.abs(value - at(flatB, i))))
    : NaN;
}

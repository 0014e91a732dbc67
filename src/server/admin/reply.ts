import type { PoolView } from '../../pipeline/model-set.ts';
import type { CostTable } from '../../schedule/costs/cost.ts';
import type { WireCostTableInput } from '../../proto/generated/slmrank/v1/CostTable.ts';
import type { WirePoolStateInput } from '../../proto/generated/slmrank/v1/PoolState.ts';

export function toWirePool(view: PoolView, nowMs: number): WirePoolStateInput {
  const threads = new Map(view.slots.map((slot) => [slot.name, slot.threads]));
  return {
    model: view.manifest.name,
    folder: view.folder,
    scoreFingerprint: view.manifest.fingerprint,
    replicas: view.replicas.map(({ deviceSlot, sinceAtMs, reason, ...replica }) => ({
      ...replica,
      slot: deviceSlot,
      phaseSeconds: Math.max(0, nowMs - sinceAtMs) / 1000,
      reason: reason ?? '',
      threads: threads.get(deviceSlot) ?? 0,
    })),
    change: view.change ?? '',
    drainingModels: view.drainingModels,
  };
}

export function toWireCosts({ kinds, replicas, encodeMs }: CostTable): WireCostTableInput {
  return {
    encodeMs: [...encodeMs],
    kinds: kinds.map(({ runRatios, handoverMs, ...kind }) => ({
      ...kind,
      runRatios: [...runRatios],
      handoverMs: [...handoverMs],
    })),
    replicas: replicas.map(({ replica: slot, factor, runs, error }) => ({
      slot,
      factor,
      runs,
      error,
    })),
  };
}

import { packBatch, packedTokens } from '../../src/batch/pack/pack-batch.ts';
import { type BatchPart, type EncodedRequest, segmentsOf } from '../../src/batch/packed-batch.ts';
import { openSession } from '../../src/engine/session.ts';
import { type Manifest, scoreGraph } from '../../src/model/manifest.ts';
import { withStates } from '../../src/model/with-states.ts';
import { BatchStates } from '../../src/states/batch-states.ts';
import { resolveStates } from '../../src/states/resolve-states.ts';
import { StateArena, stateWidth } from '../../src/states/state-arena.ts';
import { StateStore } from '../../src/states/state-store.ts';

/** One thread that scores requests as a replica does, without queue and threads around it. */
export interface Ranker {
  readonly store: StateStore | undefined;
  /** The yes and no logits of each candidate. [N, 2] */
  score(request: EncodedRequest): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface RankerOptions {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly tokenBudget: number;
}

/** @param statesMb room for states; 0 for a ranker that computes every candidate */
export async function openRanker(
  { modelDir, manifest: plain, tokenBudget }: RankerOptions,
  statesMb: number,
): Promise<Ranker> {
  const manifest = statesMb === 0 ? plain : withStates(plain, 'statesMb');
  const graph = scoreGraph(manifest, 'cpu');
  const pack = (parts: readonly BatchPart[]) => packBatch(parts, graph);
  const store = statesMb === 0 ? undefined : openStore(manifest, statesMb);
  const slot = { provider: 'cpu', deviceId: 0, threads: 1 } as const;
  const states = store?.arena.buffer;
  const session = await openSession({ modelDir, manifest, ...slot, states });
  const batches = store === undefined ? undefined : new BatchStates(store, pack);
  return {
    store,
    async score(encoded) {
      const { request, release } = resolveStates(encoded, store);
      const logits: number[] = [];
      for (const part of cutToBatches(segmentsOf(request), tokenBudget)) {
        const batch = (batches?.pack ?? pack)([part]);
        const startedAtMs = performance.now();
        const own = await session.run(batch);
        const runMs = performance.now() - startedAtMs;
        batches?.onOutcome(batch, { ok: true, logits: own, runMs });
        logits.push(...own);
      }
      release();
      return Float32Array.from(logits);
    },
    close: () => session.close(),
  };
}

function openStore({ blueprint }: Manifest, statesMb: number): StateStore {
  return new StateStore(StateArena.ofBytes(2 ** 20 * statesMb, stateWidth(blueprint)));
}

/** In the candidates' order; a candidate longer than the budget has a batch of its own. */
function cutToBatches({ prefix, suffixes }: BatchPart, tokenBudget: number): BatchPart[] {
  const parts: BatchPart[] = [];
  let own: BatchPart['suffixes'] = [];
  for (const suffix of suffixes) {
    const longer = { prefix, suffixes: [...own, suffix] };
    if (own.length > 0 && packedTokens([longer]) > tokenBudget) {
      parts.push({ prefix, suffixes: own });
      own = [suffix];
    } else {
      own = longer.suffixes;
    }
  }
  return [...parts, { prefix, suffixes: own }];
}

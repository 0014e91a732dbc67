import type { ServingEvent } from '../../domain/events.ts';
import { ShadowQuality } from '../../desk/shadow/shadow-quality.ts';
import { withWholeTexts } from '../../desk/shadow/whole-texts.ts';
import type { ModelSet } from '../../pipeline/model-set.ts';
import type { ItemKeeper } from '../../items/keeper.ts';

export interface ShadowOptions {
  readonly items: ItemKeeper | undefined;
  /** Share of the requests by id, 0 to 1. */
  readonly share: number;
  readonly models: Pick<ModelSet, 'current' | 'hasSpareTime'>;
  readonly tell: (event: ServingEvent) => void;
}

export interface OpenShadow {
  readonly shadow: ShadowQuality | undefined;
  close(): void;
}

/** How often a waiting request asks for spare capacity. */
const everyMs = 50;

/** Starts the quality monitor of stored summaries; without items or share there is none. */
export function openShadow({ items, share, models, tell }: ShadowOptions): OpenShadow {
  if (items === undefined || share === 0) {
    return { shadow: undefined, close: () => undefined };
  }
  const shadow = new ShadowQuality({
    share,
    random: Math.random,
    spare: () => models.hasSpareTime(),
    current: () => models.current(),
    toRaw: (request) => withWholeTexts(request, items.store),
    report: (outcome) =>
      tell({ kind: 'shadow', drift: outcome.kind === 'compared' ? outcome.drift : undefined }),
  });
  const stop = new AbortController();
  const timer = setInterval(() => void shadow.step(stop.signal), everyMs);
  timer.unref();
  return {
    shadow,
    close: () => {
      clearInterval(timer);
      stop.abort();
    },
  };
}

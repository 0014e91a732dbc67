import { systemClock } from '../../base/clock.ts';
import { DataError, messageOf } from '../../base/errors.ts';
import { type Config, typedName } from '../../config/config.ts';
import { ItemKeeper } from '../../items/keeper.ts';
import type { ItemStore } from '../../items/store/item-store.ts';
import type { LmdbItemStore } from '../../items/store/lmdb-store.ts';
import { openItemStore } from '../../items/store/open-store.ts';
import type { Log } from '../../observe/log.ts';
import type { ModelSet } from '../../pipeline/model-set.ts';
import { ItemWork, type ItemsConfig } from './make-items.ts';

/**
 * Opens the item store that the configuration names; undefined when it names none.
 *
 * @throws DataError that names the setting, for a store that cannot be used.
 */
export async function openItems(config: Config, log: Log): Promise<LmdbItemStore | undefined> {
  const { items: folder, itemsMaxBytes: maxBytes } = config;
  if (folder === undefined) {
    return undefined;
  }
  const startedAtMs = systemClock.nowMs();
  try {
    const store = await openItemStore({ folder, maxBytes });
    const { items, usedBytes } = store.stats();
    const ms = Math.round(systemClock.nowMs() - startedAtMs);
    log.info({ folder, items, bytes: usedBytes, ms }, 'item store read and opened');
    return store;
  } catch (error) {
    const setting = typedName(config, 'items');
    throw new DataError(`${setting}: ${messageOf(error)}`, { cause: error });
  }
}

export interface KeptItems {
  readonly keeper: ItemKeeper;
  readonly work: ItemWork;
}

/** Works on the items of a store while no request needs the models' replicas. */
export function keepItems(
  store: ItemStore | undefined,
  models: Pick<ModelSet, 'isIdle' | 'hasSpareTime'>,
  { config, log }: { readonly config: ItemsConfig; readonly log: Log },
): KeptItems | undefined {
  if (store === undefined) {
    return undefined;
  }
  const keeper = new ItemKeeper({
    store,
    spare: () => models.hasSpareTime(),
    clock: systemClock,
    onFault: (error, item) => log.warn({ err: error, item }, 'nothing was made of an item'),
  });
  return { keeper, work: new ItemWork({ keeper, models, config, log }) };
}

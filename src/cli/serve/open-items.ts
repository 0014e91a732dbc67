import { systemClock } from '../../base/clock.ts';
import { DataError, messageOf } from '../../base/errors.ts';
import { type Config, typedName } from '../../config/config.ts';
import { ItemKeeper } from '../../items/keeper.ts';
import { SharedItems } from '../../items/shared/shared-items.ts';
import type { LmdbItemStore } from '../../items/store/lmdb-store.ts';
import { openItemStore } from '../../items/store/open-store.ts';
import type { Log } from '../../observe/log.ts';
import type { ModelSet } from '../../pipeline/model-set.ts';
import { Seal } from '../../valkey/seal.ts';
import { Valkey } from '../../valkey/valkey.ts';
import { ItemWork, type ItemsConfig } from './make-items.ts';
import { readValkeySecrets } from './open-valkey.ts';

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
  /** Undefined when the items are this server's alone. */
  readonly shared: SharedItems | undefined;
}

type SharingConfig = Parameters<typeof readValkeySecrets>[0] &
  Pick<Config, 'textBytes' | 'valkeyTimeoutMs'>;

/** Works on the items of a store while no request needs the models' replicas. */
export function keepItems(
  store: LmdbItemStore | undefined,
  models: Pick<ModelSet, 'isIdle' | 'hasSpareTime'>,
  { config, log }: { readonly config: ItemsConfig & SharingConfig; readonly log: Log },
): KeptItems | undefined {
  if (store === undefined) {
    return undefined;
  }
  const shared = shareItems(store, config, log);
  const keeper = new ItemKeeper({
    store: shared ?? store,
    fleet: shared,
    spare: () => models.hasSpareTime(),
    clock: systemClock,
    onFault: (error, item) => log.warn({ err: error, item }, 'nothing was made of an item'),
  });
  return { keeper, work: new ItemWork({ keeper, models, config, log }), shared };
}

/** Longest wait for answers that no request waits for. Reading the stream takes up to a second. */
const unhurriedMs = 3000;
const faultLogMs = 60_000;

/** Shares the store with other servers, if the configuration names a Valkey server. */
function shareItems(
  local: LmdbItemStore,
  config: SharingConfig,
  log: Log,
): SharedItems | undefined {
  const { valkeyUrl: address, textBytes, valkeyTimeoutMs: timeoutMs } = config;
  if (address === undefined) {
    return undefined;
  }
  const { secret, ca, password = address.password } = readValkeySecrets(config);
  const connect = () => new Valkey({ ...address, password, ca, timeoutMs: unhurriedMs });
  const [valkey, waiting] = [connect(), connect()];
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return new SharedItems({
    local,
    valkey,
    waiting,
    disconnect: () => [valkey, waiting].forEach((each) => each.close()),
    timeoutMs,
    seal: new Seal(secret, 'items'),
    limits: { textBytes },
    clock: systemClock,
    onFault: (error) => {
      const nowMs = systemClock.nowMs();
      if (nowMs >= toldAtMs + faultLogMs) {
        toldAtMs = nowMs;
        log.warn({ err: error }, 'items of other servers were not stored');
      }
    },
  });
}

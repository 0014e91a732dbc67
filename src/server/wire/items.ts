import { invalidRequest } from '../../desk/violations.ts';
import {
  type DeleteForm,
  type DeleteReport,
  type ItemForm,
  itemLimits,
  type ItemPage,
  type PutReport,
} from '../../desk/items.ts';
import type { Item, Summary } from '../../items/item/item.ts';
import type { ItemKeeper, ItemsState } from '../../items/keeper.ts';
import type { WireDeleteItemsRequest } from '../../proto/generated/slmrank/v1/DeleteItemsRequest.ts';
import type { WireDeleteItemsResponseInput } from '../../proto/generated/slmrank/v1/DeleteItemsResponse.ts';
import type { WireItemInput } from '../../proto/generated/slmrank/v1/Item.ts';
import type { WireItemsInfoInput } from '../../proto/generated/slmrank/v1/ItemsInfo.ts';
import type { WireItemsPutInput } from '../../proto/generated/slmrank/v1/ItemsPut.ts';
import type { WireItemsStateInput } from '../../proto/generated/slmrank/v1/ItemsState.ts';
import type { WireItemSummaryInput } from '../../proto/generated/slmrank/v1/ItemSummary.ts';
import type { WireListItemsResponseInput } from '../../proto/generated/slmrank/v1/ListItemsResponse.ts';
import type { WirePutItemsRequest } from '../../proto/generated/slmrank/v1/PutItemsRequest.ts';

/** The loader gives numbers of 64 bits as text. */
export function toItemForms({ items }: WirePutItemsRequest): readonly ItemForm[] {
  return items.map(({ id, version, title, text }) => ({
    id,
    version: BigInt(version),
    title,
    text,
  }));
}

export function toDeleteForms({ items }: WireDeleteItemsRequest): readonly DeleteForm[] {
  return items.map(({ id, version }) => ({
    id,
    version: version === undefined ? undefined : BigInt(version),
  }));
}

export function toWirePut({ faults, ...counts }: PutReport): WireItemsPutInput {
  return { ...counts, faults: [...faults] };
}

export function toWireDeleted(report: DeleteReport): WireDeleteItemsResponseInput {
  return report;
}

export function toWireItem(item: Item): WireItemInput {
  const { id, version, title, text, updatedAtMs, summary, encoded, failures } = item;
  return {
    source: { id, version: String(version), text, ...(title === undefined ? {} : { title }) },
    updatedAtMs,
    failures,
    candidateTokens: encoded?.ids.length ?? 0,
    ...(summary === undefined ? {} : { summary: toWireSummary(summary) }),
  };
}

function toWireSummary({ version, kept, ...summary }: Summary): WireItemSummaryInput {
  return { ...summary, kept: [...kept], methodVersion: version };
}

export function toWirePage({ items, next }: ItemPage): WireListItemsResponseInput {
  return {
    items: items.map(({ id, version, updatedAtMs, summary, encoded, failures }) => ({
      id,
      version: String(version),
      updatedAtMs,
      method: summary?.method ?? '',
      methodVersion: summary?.version ?? '',
      tokens: summary?.tokens ?? 0,
      candidateTokens: encoded?.ids.length ?? 0,
      failures,
    })),
    nextPageToken: next === undefined ? '' : Buffer.from(next).toString('base64url'),
  };
}

/** The id behind which a page begins. @throws RankError `invalid-argument` */
export function readPageToken(token: string): string | undefined {
  if (token === '') {
    return undefined;
  }
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.toString('base64url') !== token || bytes.length > itemLimits.idBytes) {
    const description = 'is none that ListItems gave; send next_page_token as it came';
    throw invalidRequest([{ field: 'page_token', description }]);
  }
  return bytes.toString();
}

export function toWireState(state: ItemsState): WireItemsStateInput {
  const { items, stale, parked, lagMs, usedBytes, maxBytes, compressed, failed, missed } = state;
  return {
    items,
    stale,
    parked,
    lagSeconds: lagMs / 1000,
    bytes: usedBytes,
    maxBytes,
    compressed: [...compressed].map(([method, count]) => ({ method, items: count })),
    failed,
    missed,
  };
}

export async function toWireItemsInfo(keeper: ItemKeeper): Promise<WireItemsInfoInput> {
  const { items } = await keeper.store.stats();
  const nameOf = (maker: { readonly method: string; readonly version: string } | undefined) =>
    maker === undefined ? '' : `${maker.method} ${maker.version}`;
  return {
    items,
    compressor: nameOf(keeper.compressor),
    fallbackCompressor: nameOf(keeper.fallback),
    idBytes: itemLimits.idBytes,
    messageItems: itemLimits.messageItems,
  };
}

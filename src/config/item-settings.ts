import {
  choiceSetting,
  countSetting,
  optionalSetting,
  type Setting,
  shareSetting,
} from './setting.ts';

/** What makes the summaries of items: a search of one of its efforts, phrases, or nothing. */
export const itemCompressors = [
  'search-quick',
  'search-normal',
  'search-full',
  'phrases',
  'none',
] as const;
export type ItemCompressor = (typeof itemCompressors)[number];

/** Settings of the item store. */
export interface ItemSettings {
  /** Folder of the store. Undefined: the server has none. */
  readonly items: string | undefined;
  readonly itemsMaxBytes: number;
  readonly itemCompressor: ItemCompressor;
  /** Most tokens of an item's summary, without and with a title beside it. */
  readonly itemTokens: number;
  readonly titledItemTokens: number;
  /** Of requests by id, 0 to 1. */
  readonly shadowShare: number;
}

export const itemSettings: { readonly [Name in keyof ItemSettings]: Setting<ItemSettings[Name]> } =
  {
    items: optionalSetting({
      absent: 'none',
      bounds: 'a folder',
      why: 'Keeps items there, to be ranked by id (ItemService); made when it is not there. One server writes to a folder. With SLMRANK_VALKEY_URL, all servers of the fleet have the same items.',
    }),
    itemsMaxBytes: countSetting([1_048_576, 1_099_511_627_776], {
      unit: 'bytes',
      default: '4294967296',
      why: 'Most bytes of the item store; then puts are refused. An item takes its texts and about 700 bytes. The file can be a little larger.',
    }),
    itemCompressor: choiceSetting(itemCompressors, {
      default: 'search-quick',
      why: 'What makes the summaries of items. A search asks the model in spare time, about 1.5 (quick), 3 (normal) or 6 times (full) what scoring the whole text for 24 queries takes; phrases only counts words; none keeps the whole text.',
    }),
    itemTokens: countSetting([1, 4096], {
      unit: 'tokens',
      default: '20',
      why: "Most tokens of the summary of an item without a title. Longer keeps more of the text's ranking, and ranks slower.",
    }),
    titledItemTokens: countSetting([1, 4096], {
      unit: 'tokens',
      default: '12',
      why: 'The same for an item with a title, which is kept whole and says most.',
    }),
    shadowShare: shareSetting({
      default: '0',
      why: 'Share of the requests by id that are scored again with whole texts, in spare capacity, to measure what the summaries cost (slmrank_shadow_*). 0.01 is a good start.',
    }),
  };

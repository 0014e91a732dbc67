import type { Compressor, EncodedItem, SourceText } from '../item/compressor.ts';
import type { Item, Summary } from '../item/item.ts';
import type { ItemResult } from '../store/item-store.ts';

/** Makes the token ids of candidates for the model that serves. */
export interface ItemEncoder {
  /** Hash of template, tokenizer and normalizer: ids of equal encodings are interchangeable. */
  readonly encoding: string;
  /** The ids of a candidate with this title and text, as a request's candidate would have them. */
  encode(candidate: SourceText, signal: AbortSignal): Promise<Int32Array>;
}

export interface Makers {
  readonly compressor: Compressor | undefined;
  readonly encoder: ItemEncoder | undefined;
}

/** Makes what an item lacks. @throws whatever compressor or encoder throws. */
export async function makeItem(
  item: Item,
  { compressor, encoder }: Makers,
  signal: AbortSignal,
): Promise<ItemResult> {
  const hasSummary =
    compressor === undefined ||
    (item.summary?.method === compressor.method && item.summary.version === compressor.version);
  const made = hasSummary ? undefined : await summarize(item, compressor, signal);
  const text = (made?.summary ?? item.summary)?.text ?? item.text;
  const encoded =
    encoder === undefined || made?.encoded?.encoding === encoder.encoding
      ? made?.encoded
      : await encodeItem({ ...item, text }, encoder, signal);
  return { id: item.id, contentHash: item.contentHash, summary: made?.summary, encoded };
}

/** A summary, with token ids where the compressor makes them too. */
export interface Made {
  readonly summary: Summary;
  readonly encoded: EncodedItem | undefined;
}

export async function summarize(
  source: Pick<Item, 'title' | 'text'>,
  compressor: Compressor,
  signal?: AbortSignal,
): Promise<Made> {
  const { method, version } = compressor;
  const { encoded, ...made } = await compressor.compress(sourceText(source), signal);
  return { summary: { ...made, method, version }, encoded };
}

async function encodeItem(
  candidate: Pick<Item, 'title' | 'text'>,
  encoder: ItemEncoder,
  signal: AbortSignal,
): Promise<EncodedItem> {
  return {
    encoding: encoder.encoding,
    ids: await encoder.encode(sourceText(candidate), signal),
  };
}

function sourceText({ title, text }: Pick<Item, 'title' | 'text'>): SourceText {
  return title === undefined ? { text } : { title, text };
}

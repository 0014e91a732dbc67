import { type Clock, systemClock } from '../../base/clock.ts';
import type { Config } from '../../config/config.ts';
import { encodingOf } from '../../encode/encoding.ts';
import { servedLimits } from '../../encode/served-limits.ts';
import { PacedLine } from '../../items/compress/paced-line.ts';
import type { CompressedItem, Compressor, SourceText } from '../../items/item/compressor.ts';
import type { ItemKeeper, ItemMakers } from '../../items/keeper.ts';
import type { Log } from '../../observe/log.ts';
import type { ModelSet, OpenModel } from '../../pipeline/model-set.ts';
import { type AskRanker, CompressThread } from '../../pool/compress/compress-thread.ts';
import type { CompressPlan, MadeSummary, MakerName } from '../../pool/compress/messages.ts';
import { findWorker, type WorkerEntry } from '../../pool/threads/worker-entry.ts';
import { shippedFile } from '../compress/open-compressor.ts';

export type ItemsConfig = Pick<
  Config,
  'itemCompressor' | 'itemTokens' | 'titledItemTokens' | 'prefixTokens' | 'candidateTokens'
>;

export interface ItemWorkParts {
  readonly keeper: Pick<ItemKeeper, 'makeWith' | 'close'>;
  readonly models: Pick<ModelSet, 'isIdle' | 'hasSpareTime'>;
  readonly config: ItemsConfig;
  readonly log: Log;
  readonly clock?: Clock;
  /** Instead of the shipped files. */
  readonly files?: Pick<CompressPlan, 'background' | 'probes'>;
  readonly entry?: WorkerEntry;
}

/** How often the search checks whether there is spare time. */
const lookMs = 25;

/** Makes the items' summaries and token ids for the model that serves. */
export class ItemWork {
  readonly #parts: ItemWorkParts;
  readonly #clock: Clock;
  readonly #line: PacedLine;
  #thread: CompressThread | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: ItemWorkParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? systemClock;
    this.#line = new PacedLine(() => parts.models.isIdle(), this.#clock);
  }

  /** Resolves once items are made for this model. @throws RankError `unavailable` */
  use(model: OpenModel): Promise<void> {
    const used = this.#last.then(() => this.#use(model));
    this.#last = used.catch(() => undefined);
    return used;
  }

  /** As `use`, for a model that serves already: a failure is logged, and items stay as they are. */
  follow(model: OpenModel): void {
    this.use(model).catch((error: unknown) => {
      const { name } = model.manifest;
      this.#parts.log.warn({ err: error, model: name }, 'items are not made for the new model');
    });
  }

  /** Ends the work at once, and closes the store. */
  async close(): Promise<void> {
    await this.#last;
    await this.#parts.keeper.close();
    await this.#thread?.close();
  }

  async #use(model: OpenModel): Promise<void> {
    const { config, keeper, entry = findWorker('compress') } = this.#parts;
    const { folder: modelDir, manifest } = model;
    const thread = new CompressThread(entry, {
      modelDir,
      manifest,
      limits: servedLimits(config, manifest),
      plan: this.#plan(),
    });
    try {
      keeper.makeWith(await this.#makersOf(thread, model));
    } catch (error) {
      await thread.close();
      throw error;
    }
    const before = this.#thread;
    this.#thread = thread;
    await before?.close();
  }

  #plan(): CompressPlan {
    const { config, files } = this.#parts;
    const { background = shippedFile('background.json.gz') } = files ?? {};
    const { probes = shippedFile('probes.txt') } = files ?? {};
    const budget = { titled: config.titledItemTokens, untitled: config.itemTokens };
    return { ...workOf(config.itemCompressor), budget, background, probes };
  }

  async #makersOf(thread: CompressThread, { manifest, pipeline }: OpenModel): Promise<ItemMakers> {
    const names = await thread.describe();
    const encoding = encodingOf(manifest);
    const encoder = { encoding, encode: (source: SourceText) => thread.encode(source) };
    const by = (
      { method, version }: MakerName,
      make: (source: SourceText, signal: AbortSignal) => Promise<MadeSummary>,
    ): Compressor => ({
      method,
      version,
      compress: async (source, signal = never) => toItem(await make(source, signal), encoding),
    });
    if (this.#parts.config.itemCompressor === 'none') {
      return { compressor: undefined, fallback: undefined, encoder };
    }
    const rank: AskRanker = async (asked, signal) => {
      await this.#untilSpare(signal);
      return await pipeline.spare.score(asked, signal);
    };
    return {
      encoder,
      compressor:
        names.search && by(names.search, (source, signal) => thread.search(source, rank, signal)),
      fallback: by(names.phrases, (source, signal) =>
        this.#line.run(() => thread.phrases(source), signal),
      ),
    };
  }

  async #untilSpare(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#parts.models.hasSpareTime()) {
      const atMs = this.#clock.nowMs() + lookMs;
      await new Promise<void>((resolve) => this.#clock.at(atMs, resolve));
    }
  }
}

const never = new AbortController().signal;

function workOf(compressor: Config['itemCompressor']): Pick<CompressPlan, 'method' | 'effort'> {
  switch (compressor) {
    case 'search-quick':
      return { method: 'search', effort: 'quick' };
    case 'search-normal':
      return { method: 'search', effort: 'normal' };
    case 'search-full':
      return { method: 'search', effort: 'full' };
    case 'phrases':
    case 'none':
      return { method: compressor, effort: 'quick' };
  }
}

function toItem(
  { ids, text, kept, tokens, rawTokens }: MadeSummary,
  encoding: string,
): CompressedItem {
  return { text, kept, tokens, rawTokens, encoded: { encoding, ids } };
}

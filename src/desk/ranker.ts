import type { ItemKeeper } from '../items/keeper.ts';
import type { Manifest } from '../model/manifest.ts';
import { withoutSkipped } from '../pipeline/reply/bad-candidates.ts';
import { nameCandidates } from '../pipeline/reply/rename-candidates.ts';
import type { CallContext, Estimate, RankReply, RankRequest, ServedModel } from '../domain/rank.ts';
import type { Access } from './access/access.ts';
import { prices } from './access/quota.ts';
import type { DeskCall } from './answer.ts';
import type { Lifecycle } from './lifecycle.ts';
import {
  checkRankRequest,
  checkTexts,
  type RankForm,
  type RequestRules,
  type TokenizeForm,
} from './request-rules.ts';
import { findItems, type FoundItems, resolveItems } from './resolve-items.ts';
import { assertPin } from './access/score-pin.ts';
import type { ShadowQuality } from './shadow/shadow-quality.ts';

export interface RankerParts {
  /** Returns the model that new requests get. */
  readonly current: () => ServedModel;
  readonly access: Pick<Access, 'capPriority' | 'charge'>;
  readonly lifecycle: Pick<Lifecycle, 'assertServing'>;
  readonly limits: RequestRules['limits'];
  /** For candidates by id; undefined when the server has no item store. */
  readonly items?: RankedItems | undefined;
}

export interface RankedItems {
  readonly keeper: Pick<ItemKeeper, 'lookUp' | 'store' | 'compressor'>;
  /** Hash of a model's template, tokenizer and normalizer: which stored token ids are its own. */
  readonly encodingOf: (manifest: Manifest) => string;
  /** Scores a share of the requests by id with whole texts, too. */
  readonly shadow?: Pick<ShadowQuality, 'offer'> | undefined;
}

type Pinned = Pick<DeskCall, 'pin'>;

/** A ranked request, and the model that ranked it. */
export interface Ranked {
  readonly request: RankRequest;
  readonly reply: RankReply;
  readonly manifest: Manifest;
}

/**
 * Everything that clients can ask the server for, in any protocol. Each request is checked, charged
 * to its client's quota, and answered by the model that it began with. All errors are RankErrors.
 */
export class Ranker {
  readonly #parts: RankerParts;

  constructor(parts: RankerParts) {
    this.#parts = parts;
  }

  /** @throws RankError */
  async rank(form: RankForm, requestId: string, call: DeskCall): Promise<Ranked> {
    const found = await this.#readItems(form, call);
    const { manifest, pipeline, checked } = this.#check(form, found, { requestId, call });
    const request = this.#parts.access.capPriority(checked, call.client);
    call.notes.accept(request);
    const kept = withoutSkipped(request);
    const price = prices.rank(kept.request.candidates.length);
    const ranked = await nameCandidates(kept.places, () =>
      this.#parts.access.charge(call.client, price, () => pipeline.rank(kept.request, call)),
    );
    const reply = kept.restore(ranked);
    call.notes.reply = reply;
    if (request.candidates.some(({ stored }) => stored !== undefined && stored.source !== 'RAW')) {
      this.#parts.items?.shadow?.offer({ request, reply, manifest });
    }
    return { request, reply, manifest };
  }

  /** @throws RankError */
  async estimate(form: RankForm, requestId: string, call: CallContext & Pinned): Promise<Estimate> {
    const found = await this.#readItems(form, call);
    const { pipeline, checked } = this.#check(form, found, { requestId, call });
    const { request } = withoutSkipped(checked);
    const price = prices.estimate(request.candidates.length);
    return await this.#parts.access.charge(call.client, price, () =>
      pipeline.estimate(request, call),
    );
  }

  /** The token ids of each text, and the model whose tokens they are. @throws RankError */
  async tokenize(
    form: TokenizeForm,
    call: CallContext & Pinned,
  ): Promise<{ readonly ids: readonly Int32Array[]; readonly manifest: Manifest }> {
    const { manifest, pipeline, rules } = this.#begin({}, call);
    const texts = checkTexts(form, rules);
    const price = prices.tokenize(texts.length);
    const ids = await this.#parts.access.charge(call.client, price, () =>
      pipeline.tokenize(texts, call),
    );
    return { ids, manifest };
  }

  /** The model that new requests get, also before the server is warm and while it drains. */
  info(): ServedModel {
    return this.#parts.current();
  }

  /**
   * The stored items of the candidates that are ids alone, if there are any. The server must serve
   * the request now; `#check` decides whether it still does when the items have been read.
   *
   * @throws RankError
   */
  async #readItems(form: RankForm, call: Pinned): Promise<FoundItems | undefined> {
    this.#begin(form, call);
    return await findItems(form.candidates, this.#parts.items?.keeper);
  }

  /**
   * Chooses the model and checks the request. The caller must hand the request to the pipeline in
   * the same turn of the event loop: later the model may be draining.
   *
   * @throws RankError
   */
  #check(
    form: RankForm,
    found: FoundItems | undefined,
    { requestId, call }: { readonly requestId: string; readonly call: Pinned },
  ): ServedModel & { readonly checked: RankRequest } {
    const { manifest, pipeline, rules } = this.#begin(form, call);
    const { items } = this.#parts;
    if (items === undefined || found === undefined) {
      return { manifest, pipeline, checked: checkRankRequest(form, requestId, rules) };
    }
    const candidates = resolveItems(form.candidates, found, {
      method: items.keeper.compressor?.method,
      encoding: items.encodingOf(manifest),
    });
    return {
      manifest,
      pipeline,
      checked: checkRankRequest({ ...form, candidates }, requestId, rules),
    };
  }

  /** @throws RankError `unavailable`, also for another model than the one that is wanted. */
  #begin(
    form: Partial<Pick<RankForm, 'scoreFingerprint'>>,
    call: Pinned,
  ): ServedModel & { readonly rules: RequestRules } {
    const { lifecycle, current, limits } = this.#parts;
    lifecycle.assertServing();
    const { manifest, pipeline } = current();
    assertPin({ field: form.scoreFingerprint, metadata: call.pin }, manifest.fingerprint);
    return { manifest, pipeline, rules: { limits, model: manifest.name } };
  }
}

import type { Config } from '../../config/config.ts';
import { RankError } from '../../base/errors.ts';
import type { Ranked } from '../../desk/ranker.ts';
import type {
  Choice,
  Estimate,
  RankedResult,
  RankRequest,
  ServedModel,
  StoredText,
} from '../../domain/rank.ts';
import type { ItemKeeper } from '../../items/keeper.ts';
import type { SkipCounts } from '../../domain/events.ts';
import type { WireEstimateRankResponseInput } from '../../proto/generated/slmrank/v1/EstimateRankResponse.ts';
import type { WireGetInfoResponseInput } from '../../proto/generated/slmrank/v1/GetInfoResponse.ts';
import type { WireItemsInfoInput } from '../../proto/generated/slmrank/v1/ItemsInfo.ts';
import type { WireRankResponseInput } from '../../proto/generated/slmrank/v1/RankResponse.ts';
import type { WireResultInput } from '../../proto/generated/slmrank/v1/Result.ts';
import { servedLimits } from '../../encode/served-limits.ts';
import { defaultReplyBytes } from './reply-bytes.ts';

/** What GetInfo says about the server apart from its model. */
export interface Served {
  readonly config: Config;
  /** The version of the package. */
  readonly version: string;
  /** The item store, if there is one. */
  readonly items?: ItemKeeper | undefined;
  readonly choices: readonly Choice[];
}

/** @throws RankError `internal` for a score that is not a number, with the candidate's index. */
export function toWireReply({ request, reply, manifest }: Ranked): WireRankResponseInput {
  return {
    results: reply.results.map((result) => toWireResult(request, result)),
    usage: { ...reply.usage, skipped: countAll(reply.skipped), ...countStored(request) },
    times: reply.times,
    scoreFingerprint: manifest.fingerprint,
    model: manifest.name,
    requestId: request.requestId,
    scoreKind: request.scoreKind === 'logit' ? 'SCORE_KIND_LOGIT' : 'SCORE_KIND_PROBABILITY',
    complete: reply.complete,
  };
}

function toWireResult(request: RankRequest, result: RankedResult): WireResultInput {
  const { index, tokens, truncated, scored, cached, skipped } = result;
  const candidate = request.candidates[index];
  if (candidate === undefined) {
    throw new RankError('internal', `a result for candidate ${index}; this is a bug`);
  }
  if (scored && !(Number.isFinite(result.score) && Number.isFinite(result.logit))) {
    throw new RankError('internal', `the score of candidates[${index}] is not a number`, {
      reason: 'SCORE_NOT_A_NUMBER',
    });
  }
  const { id, text, title, stored } = candidate;
  return {
    index,
    id,
    tokens,
    truncated,
    scored,
    cached,
    score: scored ? result.score : 0,
    logit: scored ? result.logit : 0,
    ...(skipped === undefined ? {} : { skipReason: `SKIP_REASON_${skipped}` as const }),
    ...(request.returnText ? { text, ...(title === undefined ? {} : { title }) } : {}),
    ...(stored === undefined ? {} : toWireSource(stored, request.returnText)),
  };
}

function toWireSource({ source, version, kept }: StoredText, withSpans: boolean) {
  return {
    textSource: `TEXT_SOURCE_${source}` as const,
    itemVersion: String(version),
    ...(withSpans ? { kept: [...kept] } : {}),
  };
}

function countStored({ candidates }: RankRequest) {
  const stored = candidates.flatMap((candidate) => candidate.stored ?? []);
  const storedFallback = stored.filter(({ source }) => source !== 'SUMMARY').length;
  return { stored: stored.length, storedFallback };
}

function countAll(skipped: SkipCounts = {}): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, 0);
}

export function toWireEstimate({
  refusalReason,
  ...estimate
}: Estimate): WireEstimateRankResponseInput {
  return {
    ...estimate,
    wouldAdmit: refusalReason === undefined,
    refusalReason: refusalReason ?? '',
  };
}

export function toWireInfo(
  { config, version, choices }: Served,
  { manifest, pipeline }: ServedModel,
  items: WireItemsInfoInput | undefined,
): WireGetInfoResponseInput {
  return {
    model: manifest.name,
    family: manifest.blueprint.family,
    parameters: manifest.parameters,
    scoreFingerprint: manifest.fingerprint,
    templateHash: manifest.templateHash,
    templateOrder: manifest.template.order,
    precision: manifest.precision,
    executionProvider: config.devices[0]?.provider ?? '',
    limits: { ...config, ...servedLimits(config, manifest), replyBytes: defaultReplyBytes },
    buckets: [...pipeline.buckets()],
    tokenBudget: config.tokenBudget,
    replicas: [...pipeline.replicas()],
    yesLabel: manifest.labels.yes.text,
    noLabel: manifest.labels.no.text,
    instruction: manifest.template.instruction,
    version,
    choices: [...choices],
    ...(items === undefined ? {} : { items }),
  };
}

import type { ServedConfig } from '../../../src/config/config.ts';
import type { Manifest } from '../../../src/model/manifest.ts';
import type { PipelineOptions } from '../../../src/pipeline/create-pipeline.ts';
import { workerEntry } from '../../../src/pool/threads/worker-entry.ts';
import type { CallContext, RankRequest } from '../../../src/domain/rank.ts';
import { type TinyModel, tinyLabelIds } from './tiny-model.ts';

const none = { file: 'none', bytes: 0, sha256: '' };

export function tinyManifest({
  blueprint,
  graphs,
  weights,
  precision,
  ...model
}: TinyModel): Manifest {
  const [yes, no] = tinyLabelIds;
  return {
    format: 1,
    name: 'tiny',
    blueprint,
    parameters: model.parameters,
    precision,
    template: {
      prefix: '',
      context: '',
      title: '',
      suffix: '',
      instruction: '',
      order: 'query-first',
    },
    templateHash: '',
    labels: { yes: { text: 'yes', id: yes }, no: { text: 'no', id: no } },
    graphs,
    weights,
    tokenizer: none,
    buckets: [8, 16, 32],
    source: { description: 'random', licence: 'none', sha256: '' },
    recipe: undefined,
    fingerprint: 'tiny',
  };
}

export function testConfig(changed: Partial<ServedConfig> = {}): ServedConfig {
  return {
    given: new Map(),
    address: '127.0.0.1:0',
    httpAddress: undefined,
    metricsAddress: undefined,
    adminAddress: undefined,
    capture: undefined,
    items: undefined,
    itemsMaxBytes: 1_048_576,
    itemCompressor: 'search-quick',
    itemTokens: 24,
    titledItemTokens: 12,
    shadowShare: 0,
    valkeyUrl: undefined,
    valkeyPasswordFile: undefined,
    valkeyCaFile: undefined,
    valkeySecretFile: undefined,
    valkeyTimeoutMs: 10,
    valkeyTtlMs: 86_400_000,
    model: 'none',
    devices: [0, 1].map((n) => ({ name: `cpu#${n}`, provider: 'cpu', deviceId: 0, threads: 1 })),
    encoders: 1,
    tokenBudget: 128,
    lingerMs: 0,
    queuedCandidates: 1_000,
    queuedTokens: 100_000,
    candidates: 1_000,
    textBytes: 10_000,
    requestBytes: 1_000_000,
    prefixTokens: 100,
    candidateTokens: 100,
    streamUnanswered: 10,
    maxCallMs: 60_000,
    drainMs: 10_000,
    cacheEntries: 1_000,
    cacheTtlMs: 60_000,
    statesMb: 0,
    depthFloor: 130,
    depthCeiling: 250,
    depthTargetMs: 200,
    agingMs: 1_000,
    deferrableWaitMs: 0,
    tuneBuckets: 'off',
    tlsCert: undefined,
    tlsKey: undefined,
    tlsClientCa: undefined,
    apiKeys: undefined,
    connections: 2000,
    connectionCalls: 1000,
    openCalls: 20_000,
    bufferedBytes: 268_435_456,
    metadataBytes: 16_384,
    messageMs: 60_000,
    logLevel: 'silent',
    ...changed,
  };
}

/**
 * Real threads with a tiny model. Its tokens are letters; a poison letter ends the first replica's
 * thread.
 */
export function tinyPipelineOptions(
  model: TinyModel,
  changed: Partial<ServedConfig> = {},
): PipelineOptions {
  const file = (name: string) => workerEntry(new URL(name, import.meta.url));
  return {
    config: testConfig({ model: model.dir, ...changed }),
    manifest: tinyManifest(model),
    workers: {
      infer: file('../threads/poisoned-infer.ts'),
      encode: file('../threads/letters-encode.ts'),
    },
  };
}

export function testRequest(
  query: string,
  texts: readonly string[],
  changed: Partial<RankRequest> = {},
): RankRequest {
  return {
    requestId: 'test',
    query,
    instruction: undefined,
    context: undefined,
    candidates: texts.map((text, index) => ({
      id: `c${index}`,
      title: undefined,
      text,
      version: undefined,
    })),
    topN: undefined,
    minScore: undefined,
    returnText: false,
    scoreKind: 'logit',
    truncation: 'end',
    maxCandidateTokens: undefined,
    model: undefined,
    partialOk: false,
    priority: 'interactive',
    adaptiveDepth: false,
    useCache: false,
    ...changed,
  };
}

export function noDeadline(): CallContext {
  return {
    deadlineAtMs: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    client: '',
    traceparent: undefined,
  };
}

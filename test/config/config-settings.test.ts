import { expect, test } from '@jest/globals';
import { type Config, configurationTable, parseConfig } from '../../src/config/config.ts';
import { defaultRecipe } from '../../src/toolchain/build/ensure-model.ts';

test('the defaults make a server of one slot for each core, on loopback', () => {
  expect(parseConfig({}, [], 4)).toEqual({
    address: '127.0.0.1:50051',
    model: undefined,
    httpAddress: undefined,
    metricsAddress: '127.0.0.1:9464',
    adminAddress: '127.0.0.1:50052',
    capture: undefined,
    devices: [0, 1, 2, 3].map((n) => ({
      name: `cpu#${n}`,
      provider: 'cpu',
      deviceId: 0,
      threads: 1,
    })),
    encoders: 1,
    tokenBudget: 1024,
    lingerMs: 2,
    queuedCandidates: 4000,
    queuedTokens: 1_000_000,
    candidates: 1000,
    textBytes: 131_072,
    requestBytes: 8_388_608,
    prefixTokens: 1024,
    candidateTokens: 512,
    streamUnanswered: 16,
    maxCallMs: 120_000,
    drainMs: 30_000,
    cacheEntries: 200_000,
    cacheTtlMs: 900_000,
    statesMb: 0,
    depthFloor: 130,
    depthCeiling: 250,
    depthTargetMs: 200,
    tuneBuckets: 'propose',
    agingMs: 1000,
    deferrableWaitMs: 0,
    items: undefined,
    itemsMaxBytes: 4_294_967_296,
    itemCompressor: 'search-quick',
    itemTokens: 20,
    titledItemTokens: 12,
    shadowShare: 0,
    valkeyUrl: undefined,
    valkeyPasswordFile: undefined,
    valkeyCaFile: undefined,
    valkeySecretFile: undefined,
    valkeyTimeoutMs: 10,
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
    logLevel: 'info',
    given: new Map(),
  } satisfies Config);
});

test('the documentation names the model that is served when none is given', () => {
  expect(configurationTable()).toContain(`| \`${defaultRecipe}: int8 on cpu, fp16 on cuda\` |`);
});

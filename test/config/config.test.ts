import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Config,
  ConfigError,
  configurationHelp,
  configurationTable,
  parseConfig,
} from '../../src/config/config.ts';
import { defaultRecipe } from '../../src/toolchain/build/ensure-model.ts';

const parse = (env: Record<string, string> = {}, argv: string[] = []) => parseConfig(env, argv, 4);

function problemsOf(env: Record<string, string>, argv: string[] = []): readonly string[] {
  try {
    parse(env, argv);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  throw new Error('expected a ConfigError');
}

test('the defaults make a server of one slot for each core, on loopback', () => {
  expect(parse()).toEqual({
    address: '127.0.0.1:50051',
    model: undefined,
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
    depthFloor: 130,
    depthCeiling: 250,
    depthTargetMs: 200,
    tuneBuckets: 'propose',
    agingMs: 1000,
    deferrableWaitMs: 0,
    items: undefined,
    itemsMaxBytes: 4_294_967_296,
    itemTokens: 20,
    titledItemTokens: 12,
    ...{ tlsCert: undefined, tlsKey: undefined, tlsClientCa: undefined, apiKeys: undefined },
    ...{ connections: 2000, connectionCalls: 1000, openCalls: 20_000 },
    ...{ bufferedBytes: 268_435_456, metadataBytes: 16_384, messageMs: 60_000 },
    logLevel: 'info',
    given: new Map(),
  } satisfies Config);
});

test('the documentation names the model that is served when none is given', () => {
  expect(configurationTable()).toContain(`| \`${defaultRecipe}: int8 on cpu, fp16 on cuda\` |`);
});

test('the configuration is frozen, its lists too', () => {
  const config = parse();
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.devices)).toBe(true);
});

test('every setting has a variable and an equal flag, and the flag wins', () => {
  expect(parse({ SLMRANK_LINGER_MS: '7' }).lingerMs).toBe(7);
  expect(parse({}, ['--linger-ms', '8']).lingerMs).toBe(8);
  expect(parse({ SLMRANK_LINGER_MS: '7' }, ['--linger-ms=8']).lingerMs).toBe(8);
});

test('a variable that is empty, or not ours, does not count', () => {
  expect(parse({ SLMRANK_LINGER_MS: '', LINGER_MS: '9', PATH: '/bin' }).lingerMs).toBe(2);
});

describe('device slots', () => {
  const slots = (text: string) =>
    parse({ SLMRANK_DEVICES: text }).devices.map(({ name, threads }) => `${name} ${threads}`);

  test.each([
    ['cpu:2', ['cpu#0 1', 'cpu#1 1']],
    ['cpu:2x4', ['cpu#0 4', 'cpu#1 4']],
    ['cuda:0,cuda:1', ['cuda:0 1', 'cuda:1 1']],
    ['cuda:0*2, cuda:3', ['cuda:0 1', 'cuda:0#1 1', 'cuda:3 1']],
  ])('%s', (text, expected) => {
    expect(slots(text)).toEqual(expected);
  });

  test('know their device', () => {
    expect(parse({ SLMRANK_DEVICES: 'cuda:5*2' }).devices[1]).toEqual({
      ...{ name: 'cuda:5#1', provider: 'cuda', deviceId: 5, threads: 1 },
    });
  });

  test.each([
    [
      'gpu:0',
      "'gpu:0' is no device slot; allowed: 'cpu:SLOTS', 'cpu:SLOTSxTHREADS', 'cuda:INDEX' or 'cuda:INDEX*SLOTS'",
    ],
    ['cpu:0', "'cpu:0': slots 0; allowed 1 to 256"],
    ['cpu:1x0', "'cpu:1x0': threads 0; allowed 1 to 256"],
    ['cuda:64', "'cuda:64': device index 64; allowed 0 to 63"],
    ['cuda:0*9', "'cuda:0*9': slots 9; allowed 1 to 8"],
    [
      'cpu:2,cpu:2',
      "cpu#0 is there twice; name a device once and its number of slots with it: 'cpu:2', 'cuda:0*2'",
    ],
    [
      'cpu:1x2,cuda:0,cuda:1',
      'cpu and cuda slots together; one server has slots of one kind, or a score would depend on where its candidate ran. Start two servers, one with cpu:1x2 and one with cuda:0,cuda:1',
    ],
    ['cpu:1,', "'' is no device slot"],
  ])('refuse %s', (text, problem) => {
    expect(problemsOf({ SLMRANK_DEVICES: text })).toEqual([
      expect.stringContaining(`SLMRANK_DEVICES: ${problem}`),
    ]);
  });

  test('of cuda alone have a larger token budget by default', () => {
    expect(parse({ SLMRANK_DEVICES: 'cuda:0' }).tokenBudget).toBe(8192);
    expect(parse({ SLMRANK_DEVICES: 'cuda:0', SLMRANK_TOKEN_BUDGET: '100' }).tokenBudget).toBe(100);
  });
});

describe('values are refused with what was found and what is allowed', () => {
  test.each([
    [
      'SLMRANK_LINGER_MS',
      '1001',
      "SLMRANK_LINGER_MS: '1001' ms; allowed are whole numbers, 0 to 1000",
    ],
    ['SLMRANK_LINGER_MS', '-1', "SLMRANK_LINGER_MS: '-1' ms; allowed are whole numbers, 0 to 1000"],
    [
      'SLMRANK_LINGER_MS',
      '1.5',
      "SLMRANK_LINGER_MS: '1.5' ms; allowed are whole numbers, 0 to 1000",
    ],
    [
      'SLMRANK_LINGER_MS',
      '0x10',
      "SLMRANK_LINGER_MS: '0x10' ms; allowed are whole numbers, 0 to 1000",
    ],
    [
      'SLMRANK_LOG_LEVEL',
      'loud',
      "SLMRANK_LOG_LEVEL: 'loud' is unknown; allowed: debug, info, warn, error, silent",
    ],
    [
      'SLMRANK_ADDRESS',
      'localhost',
      "SLMRANK_ADDRESS: 'localhost' is no address; allowed: HOST:PORT with a port of 0 to 65535",
    ],
    [
      'SLMRANK_ADDRESS',
      '::1:50051',
      "SLMRANK_ADDRESS: '::1:50051' is no address; allowed: HOST:PORT with a port of 0 to 65535",
    ],
    [
      'SLMRANK_ADDRESS',
      'h:65536',
      "SLMRANK_ADDRESS: 'h:65536' is no address; allowed: HOST:PORT with a port of 0 to 65535",
    ],
  ])('%s=%s', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  test.each(['localhost:0', '0.0.0.0:65535', '[::1]:50051'])(
    'but the address %s is fine',
    (address) => {
      expect(parse({ SLMRANK_ADDRESS: address }).address).toBe(address);
    },
  );
});

describe('names that are not settings are problems', () => {
  test.each([
    [
      { SLMRANK_TOKN_BUDGET: '1' },
      [],
      'SLMRANK_TOKN_BUDGET: no such setting; did you mean SLMRANK_TOKEN_BUDGET?',
    ],
    [{ SLMRANK_ZZZZZZZZZZ: '1' }, [], 'SLMRANK_ZZZZZZZZZZ: no such setting'],
    [{}, ['--adress=h:1'], '--adress: no such setting; did you mean --address?'],
    [{}, ['--port', '50051'], '--port: no such setting; did you mean --address?'],
    [{ SLMRANK_PORT: '1' }, [], 'SLMRANK_PORT: no such setting; did you mean SLMRANK_ADDRESS?'],
    [{}, ['--metrics-port=1'], '--metrics-port: no such setting; did you mean --metrics-address?'],
    [{}, ['--batch-size=1'], '--batch-size: no such setting; did you mean --token-budget?'],
    [{}, ['start'], 'start: no such setting'],
    [{}, ['--linger-ms'], '--linger-ms: a value is missing'],
    [{}, ['--linger-ms', '--drain-ms=1'], '--linger-ms: a value is missing'],
  ])('%p %p', (env, argv, problem) => {
    expect(problemsOf(env as Record<string, string>, argv)).toEqual([problem]);
  });
});

describe('settings that contradict each other are problems', () => {
  test.each([
    [
      { SLMRANK_QUEUED_CANDIDATES: '999' },
      "SLMRANK_QUEUED_CANDIDATES is 999, fewer than one request's SLMRANK_CANDIDATES, 1000",
    ],
    [
      { SLMRANK_QUEUED_TOKENS: '1535' },
      'SLMRANK_QUEUED_TOKENS is 1535, less than one prefix and one candidate may have, 1536 (SLMRANK_PREFIX_TOKENS + SLMRANK_CANDIDATE_TOKENS)',
    ],
    [
      { SLMRANK_REQUEST_BYTES: '131071' },
      "SLMRANK_REQUEST_BYTES is 131071, less than one text's SLMRANK_TEXT_BYTES, 131072",
    ],
    [
      { SLMRANK_DEPTH_FLOOR: '251' },
      'SLMRANK_DEPTH_FLOOR is 251, more than SLMRANK_DEPTH_CEILING, 250',
    ],
  ])('%p', (env, problem) => {
    expect(problemsOf(env as Record<string, string>)).toEqual([problem]);
  });
});

test('all problems are told at once', () => {
  const env = { SLMRANK_DEVICES: 'tpu', SLMRANK_LINGER_MS: 'x', SLMRANK_NOPE: '1' };
  expect(() => parse(env, ['--drain-ms=x'])).toThrow(
    /^the configuration has 4 problems:\n {2}SLMRANK_NOPE.*\n {2}SLMRANK_DEVICES.*\n {2}SLMRANK_LINGER_MS.*\n {2}--drain-ms.*$/,
  );
});

test('whatever is given, the outcome is a configuration or a ConfigError', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('--linger-ms', '--devices', '=', 'cpu:1', '9'),
  );
  fc.assert(
    fc.property(fc.array(word), fc.dictionary(fc.string(), fc.string()), (argv, env) => {
      try {
        expect(parse(env, argv).devices.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
  );
});

test('the table and the help name every setting once', () => {
  const names = Object.keys(parse()).filter((name) => name !== 'given');
  const rows = configurationTable().split('\n').slice(2);
  expect(rows).toHaveLength(names.length);
  expect(rows[0]).toBe(
    '| `SLMRANK_ADDRESS` | `--address` | `127.0.0.1:50051` | HOST:PORT; port 0 takes a free one | Use 0.0.0.0:50051 to be reached from other machines; then give a certificate too, or put TLS in front. |',
  );
  rows.forEach((row) => expect(row.split(' | ')).toHaveLength(5));
  expect(configurationHelp().match(/^ {2}--/gm)).toHaveLength(names.length);
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ConfigError,
  configurationHelp,
  configurationTable,
  parseConfig,
} from '../../src/config/config.ts';

const parse = (env: Record<string, string> = {}, argv: string[] = []) => parseConfig(env, argv, 4);

function problemsOf(env: Record<string, string>, argv: string[] = []): readonly string[] {
  try {
    parse(env, argv);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  throw new Error('expected a ConfigError');
}

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
      name: 'cuda:5#1',
      provider: 'cuda',
      deviceId: 5,
      threads: 1,
    });
  });

  test.each([
    [
      'gpu:0',
      "'gpu:0' is not a device slot; allowed: 'cpu:SLOTS', 'cpu:SLOTSxTHREADS', 'cuda:INDEX' or 'cuda:INDEX*SLOTS'",
    ],
    ['cpu:0', "'cpu:0': slots 0; allowed 1 to 256"],
    ['cpu:1x0', "'cpu:1x0': threads 0; allowed 1 to 256"],
    ['cuda:64', "'cuda:64': device index 64; allowed 0 to 63"],
    ['cuda:0*9', "'cuda:0*9': slots 9; allowed 1 to 8"],
    [
      'cpu:2,cpu:2',
      "cpu#0 is listed twice; list a device once, with its number of slots: 'cpu:2', 'cuda:0*2'",
    ],
    [
      'cpu:1x2,cuda:0,cuda:1',
      'cpu and cuda slots are mixed; a server has slots of one kind, so that a score does not depend on where its candidate ran. Start two servers, one with cpu:1x2 and one with cuda:0,cuda:1',
    ],
    ['cpu:1,', "'' is not a device slot"],
  ])('refuse %s', (text, problem) => {
    expect(problemsOf({ SLMRANK_DEVICES: text })).toEqual([
      expect.stringContaining(`SLMRANK_DEVICES: ${problem}`),
    ]);
  });

  test('of cuda alone have a larger token budget by default', () => {
    expect(parse({ SLMRANK_DEVICES: 'cuda:0' }).tokenBudget).toBe(32_768);
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
      "SLMRANK_ADDRESS: 'localhost' is not an address; allowed: HOST:PORT with a port of 0 to 65535",
    ],
    [
      'SLMRANK_ADDRESS',
      '::1:50051',
      "SLMRANK_ADDRESS: '::1:50051' is not an address; allowed: HOST:PORT with a port of 0 to 65535",
    ],
    [
      'SLMRANK_ADDRESS',
      'h:65536',
      "SLMRANK_ADDRESS: 'h:65536' is not an address; allowed: HOST:PORT with a port of 0 to 65535",
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

test('all problems are reported at once', () => {
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
    '| `SLMRANK_ADDRESS` | `--address` | `127.0.0.1:50051` | HOST:PORT; port 0 picks a free port | Use 0.0.0.0:50051 to accept clients from other machines, with a certificate (--tls-cert) or a TLS proxy. |',
  );
  rows.forEach((row) => expect(row.split(' | ')).toHaveLength(5));
  expect(configurationHelp().match(/^ {2}--/gm)).toHaveLength(names.length);
});

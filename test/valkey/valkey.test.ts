import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EndedCall } from '../../src/valkey/ended-call.ts';
import { mostCalls, Valkey } from '../../src/valkey/valkey.ts';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import { FakeValkey, hangUp } from '../support/valkey/fake-valkey.ts';
import { until } from '../support/valkey/until.ts';

const limits = { mostBytes: 100 };
const clock = new FakeClock();
let server: FakeValkey;
let valkey: Valkey;
let calls: EndedCall[];
let connections: [boolean, string][];

function connect(changed: Partial<ConstructorParameters<typeof Valkey>[0]> = {}): Valkey {
  return new Valkey({
    host: '127.0.0.1',
    port: server.port,
    isTls: false,
    db: 0,
    timeoutMs: 10,
    clock,
    onCall: (call) => calls.push(call),
    onConnection: (isConnected, reason) => connections.push([isConnected, reason]),
    ...changed,
  });
}

beforeEach(async () => {
  calls = [];
  connections = [];
  server = await FakeValkey.start();
  valkey = connect();
  await until(() => valkey.isConnected);
});

afterEach(async () => {
  valkey.close();
  await server.close();
});

const outcomes = () => calls.map(({ operation, outcome }) => `${operation} ${outcome}`);

/** A call that gets no answer, once the server has read it. */
async function timeOut(): Promise<void> {
  const { length } = server.commands;
  const call = valkey.get(['a'], limits);
  await until(() => server.commands.length > length);
  await clock.advance(10);
  expect(await call).toBeUndefined();
}

describe('answers', () => {
  test('values come back byte for byte, with null for what is not there', async () => {
    const value = Buffer.from(Array.from({ length: 100 }, (_, byte) => (byte * 37) % 256));
    const entries = ['a', 'b'].map((key) => ({ key, value }));
    expect(await valkey.set(entries, { ttlMs: 5000 })).toBe(true);
    expect(await valkey.get(['a', 'x', 'b'], limits)).toEqual([value, null, value]);
    expect([...server.ttls]).toEqual([
      ['a', 5000],
      ['b', 5000],
    ]);
    expect(calls).toEqual([
      { operation: 'set', outcome: 'answered', ms: 0 },
      { operation: 'get', outcome: 'answered', ms: 0 },
    ]);
  });

  test('any command can be run, and its reply may be nested', async () => {
    server.answer = ([, script]) => `*2\r\n:3\r\n*1\r\n$6\r\n${String(script)}\r\n`;
    expect(await valkey.run('EVAL', ['script', 0], limits)).toEqual([3, [Buffer.from('script')]]);
  });

  test('an error is no answer', async () => {
    server.answer = () => '-NOAUTH Authentication required.\r\n';
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    server.answer = () => '-OOM command not allowed\r\n';
    expect(await valkey.set([{ key: 'a', value: Buffer.from('v') }], { ttlMs: 9 })).toBe(false);
    expect(outcomes()).toEqual(['get refused', 'set refused']);
  });

  test.each([
    [{ username: 'me', password: 'secret', db: 3 }, ['AUTH', 'SELECT', 'MGET']],
    [{ password: 'secret' }, ['AUTH', 'MGET']],
    [{ username: 'me' }, ['AUTH', 'MGET']],
    [{ db: 1 }, ['SELECT', 'MGET']],
  ])('with %p, log-in and database come first', async (options, commands) => {
    const other = connect(options);
    await until(() => other.isConnected);
    expect(await other.get(['a'], limits)).toEqual([null]);
    expect(server.commands).toEqual(commands);
    other.close();
  });
});

describe('faults', () => {
  test('a silent server costs the time limit, then the breaker asks it no more', async () => {
    server.answer = () => undefined;
    for (let call = 0; call < 5; call += 1) {
      await timeOut();
    }
    expect(valkey.breaker).toBe('open');
    expect(valkey.mayAnswer).toBe(false);
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    expect(outcomes()).toEqual([...Array<string>(5).fill('get timeout'), 'get open']);
    expect(server.commands.length).toBe(5);
  });

  test('it is asked again after a pause, and closes the breaker with an answer', async () => {
    server.answer = () => undefined;
    for (let call = 0; call < 5; call += 1) {
      await timeOut();
    }
    server.hangUp();
    server.answer = (words) => server.honest(words);
    await until(() => !valkey.isConnected);
    await until(() => valkey.isConnected);
    await clock.advance(1000);
    expect(await valkey.get(['a'], limits)).toEqual([null]);
    expect(valkey.breaker).toBe('closed');
  });

  test('a connection without any reply is given up', async () => {
    server.answer = () => undefined;
    await timeOut();
    await clock.advance(5000);
    await timeOut();
    await until(() => connections.length === 2);
    expect(connections[1]).toEqual([false, 'no reply for 5000 ms']);
  });

  test('a call may have a limit of its own', async () => {
    server.answer = () => undefined;
    const short = valkey.get(['a'], { ...limits, timeoutMs: 3 });
    const long = valkey.get(['a'], { ...limits, timeoutMs: 1000 });
    await clock.advance(3);
    expect(await short).toBeUndefined();
    await clock.advance(996);
    expect(clock.timers).toBe(1);
    await clock.advance(1);
    expect(await long).toBeUndefined();
  });

  test('a server that hangs up gives no answer, and is connected to again', async () => {
    server.answer = () => hangUp;
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    expect(outcomes()).toEqual(['get broken', 'get offline']);
    server.answer = (words) => server.honest(words);
    await until(() => valkey.isConnected);
    expect(await valkey.get(['a'], limits)).toEqual([null]);
    expect(connections.map(([isConnected]) => isConnected)).toEqual([true, false, true]);
  });

  test.each([
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n', 'no reply of RESP2'],
    ['an array that is too long', '*4294967296\r\n', 'a reply that claims'],
    ['arrays that would fill the memory', '*30000000\r\n'.repeat(12), 'a reply that claims'],
    ['arrays that would overflow the stack', '*1\r\n'.repeat(100_000), 'arrays in arrays'],
    ['a value that is too large', `*1\r\n$1000000\r\n${'x'.repeat(9)}`, 'a reply that claims'],
    ['a reply too many', '*1\r\n$-1\r\n+OK\r\n', 'the server sent '],
    ['a push', '>1\r\n+OK\r\n', 'no reply of RESP2'],
  ])('%s ends the connection, not the process', async (_, bytes, fault) => {
    server.answer = () => bytes;
    await valkey.get(['a'], limits);
    await until(() => !valkey.isConnected);
    expect(connections[1]).toEqual([false, expect.stringContaining(fault)]);
    server.answer = (words) => server.honest(words);
    await until(() => valkey.isConnected);
    expect(await valkey.get(['a'], limits)).toEqual([null]);
  });

  test('bytes that nobody asked for end the connection', async () => {
    server.shout('+OK\r\n');
    await until(() => !valkey.isConnected);
    expect(connections[1]?.[1]).toBe('the server sent a reply to no command');
  });

  test('a full server still answers, and closes no breaker', async () => {
    server.answer = () => '-OOM command not allowed when used memory > maxmemory\r\n';
    for (let call = 0; call < 10; call += 1) {
      await valkey.set([{ key: 'a', value: Buffer.from('v') }], { ttlMs: 9 });
    }
    expect(valkey.breaker).toBe('closed');
  });

  test('errors to reads open the breaker', async () => {
    server.answer = () => '-LOADING the dataset in memory\r\n';
    for (let call = 0; call < 5; call += 1) {
      await valkey.get(['a'], limits);
    }
    expect(valkey.breaker).toBe('open');
  });
});

describe('bounds', () => {
  const fill = () => Array.from({ length: mostCalls }, () => valkey.get(['a'], limits));

  test('what is over the most calls or bytes in flight is not sent', async () => {
    server.answer = () => undefined;
    const first = fill();
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    expect(outcomes()).toEqual(['get full']);
    server.hangUp();
    await Promise.all(first);
    await until(() => connections.length === 3);
    expect(await valkey.get(['a'], { mostBytes: 40_000_000 })).toBeUndefined();
    expect(outcomes().at(-1)).toBe('get full');
  });

  test('what has run into its time limit stays in flight until the server answers', async () => {
    server.answer = () => undefined;
    const first = fill();
    await settle();
    await clock.advance(10);
    await Promise.all(first);
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    expect(outcomes().at(-1)).toBe('get full');
  });
});

test('a server that is not there delays nothing, and is connected to once it is', async () => {
  const { port } = server;
  valkey.close();
  await server.close();
  const lonely = connect({ port });
  expect(await lonely.get(['a'], limits)).toBeUndefined();
  expect(outcomes()).toEqual(['get offline']);
  await until(() => connections.length === 2);
  expect(connections[1]).toEqual([false, expect.stringContaining('ECONNREFUSED')]);
  server = await FakeValkey.start(port);
  await until(() => lonely.isConnected);
  expect(await lonely.get(['a'], limits)).toEqual([null]);
  lonely.close();
});

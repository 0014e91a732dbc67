import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FleetScores } from '../../src/cache/fleet/fleet-scores.ts';
import { Valkey } from '../../src/valkey/valkey.ts';
import { fakeScore } from '../support/fakes/shared-scores.ts';
import {
  noValkey,
  type RealValkey,
  startValkey,
  valkeyBinary,
} from '../support/valkey/real-valkey.ts';
import { until } from '../support/valkey/until.ts';

if (valkeyBinary === undefined) {
  console.warn(noValkey);
}

const limits = { mostBytes: 100 };
const value = Buffer.from('value');
const call = {
  deadlineAtMs: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  partialOk: false,
  priority: 'interactive' as const,
};

(valkeyBinary === undefined ? describe.skip : describe)('with a real server', () => {
  let server: RealValkey;
  let valkey: Valkey;
  beforeAll(async () => {
    server = await startValkey(['--requirepass', 'hunter2']);
    valkey = connect();
    await until(() => valkey.isConnected);
  });
  afterAll(async () => {
    valkey.close();
    await server.kill();
  });

  /** A busy machine may be slow, and no test is about the time. */
  function connect(
    password = 'hunter2',
    onConnection: (isConnected: boolean, reason: string) => void = () => undefined,
  ): Valkey {
    const { port } = server;
    const place = { host: '127.0.0.1', port, isTls: false, db: 2 };
    return new Valkey({ ...place, password, timeoutMs: 1000, onConnection });
  }

  test('values are written with their time and read by another connection', async () => {
    const other = connect();
    await until(() => other.isConnected);
    expect(await valkey.set([{ key: 'a', value }], { ttlMs: 60_000 })).toBe(true);
    expect(await other.get(['a', 'b'], limits)).toEqual([value, null]);
    const ttl = await other.run('PTTL', ['a'], limits);
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
    expect(await other.run('EVAL', ['return {1,{"x"}}', 0], limits)).toEqual([
      1,
      [Buffer.from('x')],
    ]);
    other.close();
  });

  test('two servers share their scores', async () => {
    const other = connect();
    await until(() => other.isConnected);
    const options = { secret: 's'.repeat(32), ttlMs: 60_000, timeoutMs: 1000 };
    const [one, two] = [valkey, other].map((each) => new FleetScores({ ...options, valkey: each }));
    const keys = Array.from({ length: 700 }, (_, n) => `${n}`.padStart(32, '\u00ff'));
    const scores = new Map(keys.map((key) => [key, fakeScore(key)]));
    one?.publish(scores);
    await until(() => one?.counts.written === keys.length);
    expect(await two?.find(keys, call)).toEqual(scores);
    other.close();
  });

  test('a value of another kind is none, and a large one ends the connection', async () => {
    await valkey.run('LPUSH', ['list', 'x'], limits);
    expect(await valkey.get(['list'], limits)).toEqual([null]);
    await valkey.set([{ key: 'large', value: Buffer.alloc(100_000) }], { ttlMs: 60_000 });
    expect(await valkey.get(['large'], limits)).toBeUndefined();
    await until(() => valkey.isConnected);
    expect(await valkey.get(['a'], limits)).toEqual([value]);
  });

  test('a wrong password is no connection', async () => {
    const reasons: string[] = [];
    const other = connect('wrong', (_, reason) => reasons.push(reason));
    await until(() => reasons.length > 0);
    expect(reasons[0]).toMatch(/^WRONGPASS/);
    expect(await other.get(['a'], limits)).toBeUndefined();
    other.close();
  });

  test('a full server takes nothing, and still answers', async () => {
    await valkey.run('CONFIG', ['SET', 'maxmemory', 1], limits);
    expect(await valkey.set([{ key: 'b', value }], { ttlMs: 60_000 })).toBe(false);
    expect(await valkey.get(['a'], limits)).toEqual([value]);
    await valkey.run('CONFIG', ['SET', 'maxmemory', 0], limits);
  });

  test('a paused server answers nothing, and everything once it goes on', async () => {
    server.process.kill('SIGSTOP');
    expect(await valkey.get(['a'], { ...limits, timeoutMs: 10 })).toBeUndefined();
    server.process.kill('SIGCONT');
    expect(await valkey.get(['a'], limits)).toEqual([value]);
  });

  test('a server that was killed and is back, empty, is used again', async () => {
    await server.kill();
    await until(() => !valkey.isConnected);
    expect(await valkey.get(['a'], limits)).toBeUndefined();
    server = await startValkey(['--requirepass', 'hunter2'], server.port);
    await until(() => valkey.isConnected);
    expect(await valkey.get(['a'], limits)).toEqual([null]);
  });
});

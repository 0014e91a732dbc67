import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { messageOf } from '../../src/base/errors.ts';
import { Connection } from '../../src/valkey/connection.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { FakeValkey, hangUp } from '../support/valkey/fake-valkey.ts';
import { until } from '../support/valkey/until.ts';

const clock = new FakeClock();
let server: FakeValkey;
let connection: Connection;
let faults: string[];

beforeEach(async () => {
  faults = [];
  server = await FakeValkey.start();
  const place = { host: '127.0.0.1', port: server.port, isTls: false, db: 0 };
  const onConnection = (isConnected: boolean, reason: string) => {
    faults.push(...(isConnected ? [] : [reason]));
  };
  connection = new Connection({ ...place, onConnection }, clock);
  await until(() => connection.isConnected);
  ['a', 'b'].forEach((key) => server.values.set(key, Buffer.from(`value of ${key}`)));
});

afterEach(async () => {
  connection.close();
  await server.close();
});

const get = (key: string) => connection.ask({ name: 'MGET', args: [key], mostBytes: 100 });

/** What the call gives, or why it gives nothing. */
const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    (reply) => (Array.isArray(reply) ? String(reply) : 'no list'),
    (error: unknown) => messageOf(error),
  );

async function reconnected(): Promise<void> {
  await until(() => faults.length === 1);
  await until(() => connection.isConnected);
}

/** Leaves out the replies to the first command, or to its echo, or to both. */
const losses: readonly [string, (answer: typeof server.answer) => void][] = [
  [
    'a reply',
    (honest) => {
      server.answer = () => {
        server.answer = honest;
        return '';
      };
    },
  ],
  [
    'an echo',
    () => {
      const { echo } = server;
      server.echo = () => {
        server.echo = echo;
        return undefined;
      };
    },
  ],
  [
    'a reply and its echo',
    (honest) => {
      server.answer = () => {
        server.answer = honest;
        return undefined;
      };
    },
  ],
];

test.each(losses)('after %s is lost, no command gets the reply of another', async (_, lose) => {
  lose(server.answer);
  const outcomes = await Promise.all([get('a'), get('b')].map(outcomeOf));
  expect(outcomes).not.toContain('value of a');
  expect(outcomes).not.toContain('value of b');
  await reconnected();
  expect(faults[0]).toMatch(/^the server sent '.*' instead of an echo$/);
  expect(await outcomeOf(get('b'))).toBe('value of b');
});

test('an error is the reply to its command, and the connection goes on', async () => {
  server.answer = () => '-OOM command not allowed\r\n';
  await expect(get('a')).rejects.toMatchObject({ name: 'ReplyError' });
  server.answer = (words) => server.honest(words);
  expect(await outcomeOf(get('a'))).toBe('value of a');
  expect(faults).toEqual([]);
});

test('a user without the right to ECHO is told so', async () => {
  server.echo = () => "-NOPERM no permissions to run the 'echo' command\r\n";
  expect(await outcomeOf(get('a'))).toContain('NOPERM');
  await until(() => faults.length > 0);
  expect(faults[0]).toContain("NOPERM no permissions to run the 'echo' command");
});

test('a server that has become a replica is left, and not again at once', async () => {
  server.answer = () => "-READONLY You can't write against a read only replica.\r\n";
  expect(await outcomeOf(get('a'))).toMatch(/^READONLY/);
  expect(faults).toEqual([]);
  await clock.advance(30_001);
  expect(await outcomeOf(get('a'))).toMatch(/^READONLY/);
  await reconnected();
  expect(faults[0]).toMatch(/^READONLY/);
  expect(await outcomeOf(get('a'))).toMatch(/^READONLY/);
  expect(connection.isConnected).toBe(true);
});

test('calls fail at once when there is no connection, or no longer one', async () => {
  server.answer = () => hangUp;
  expect(await outcomeOf(get('a'))).toBe('the connection ended');
  expect(await outcomeOf(get('a'))).toBe('not connected');
  server.answer = () => undefined;
  await until(() => connection.isConnected);
  const call = get('a');
  connection.close();
  expect(await outcomeOf(call)).toBe('the connection ended');
});

test('a connection that has answered nothing for long is ended', async () => {
  server.answer = () => undefined;
  const call = get('a');
  connection.endHung();
  await clock.advance(5001);
  connection.endHung();
  expect(await outcomeOf(call)).toBe('the connection ended');
  expect(faults).toEqual(['no reply for 5000 ms']);
});

import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { ConnectionProbe } from '../../../src/server/connections/connection-probe.ts';

/** A silent connection; `handle` is Node's private property of its socket. */
function setUp({ closed = false, handle = { writeQueueSize: 0 } } = {}) {
  const wire = { bytesRead: 100, bytesWritten: 100 };
  const session = { destroyed: false, closed, socket: wire, state: { outboundQueueSize: 0 } };
  const sent: string[] = [];
  let answer = (): void => undefined;
  const send = (name: string) => (onAnswer: () => void) => {
    sent.push(name);
    answer = onAnswer;
    return true;
  };
  const settings = send('SETTINGS');
  const fake = Object.assign(session, {
    ping: send('PING'),
    settings: (_settings: object, onAnswer: () => void) => settings(onAnswer),
  });
  const probe = new ConnectionProbe(
    fake as unknown as ServerHttp2Session,
    { _handle: handle } as unknown as Socket,
  );
  const check = (times: number, calls = 0) =>
    Array.from({ length: times }, () => probe.isOver(calls));
  return { session, wire, sent, check, answer: () => answer() };
}

test('a connection that receives bytes is neither pinged nor over', () => {
  const { wire, sent, check } = setUp();
  for (let i = 0; i < 30; i += 1) {
    wire.bytesRead += 1_000;
    expect(check(1, 1)).toEqual([false]);
  }
  expect(sent).toEqual([]);
});

test('a silent client without calls is pinged, and over after 20 checks without an answer', () => {
  const { sent, check } = setUp();
  expect(check(3)).toEqual([false, false, false]);
  expect(sent).toEqual(['PING']);
  const rest = check(19);
  expect(rest.indexOf(true)).toBe(18);
});

test('a silent client that answers its pings is pinged less and less often', () => {
  const { wire, sent, check, answer } = setUp();
  const pingedAt: number[] = [];
  for (let i = 0; i < 40; i += 1) {
    const before = sent.length;
    expect(check(1)).toEqual([false]);
    if (sent.length > before) {
      pingedAt.push(i);
      wire.bytesRead += 17;
      answer();
    }
  }
  const gaps = pingedAt.slice(1).map((place, i) => place - (pingedAt[i] as number));
  expect(gaps.length).toBeGreaterThan(1);
  expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
  expect(gaps.at(-1)).toBeGreaterThan(gaps[0] as number);
});

test('an open call that waits for us does not have to answer pings', () => {
  const { check } = setUp();
  expect(check(60, 1)).not.toContain(true);
});

test('a session that keeps its frames although the socket takes bytes is over after 2 checks', () => {
  const { session, check } = setUp();
  check(1, 1);
  session.state.outboundQueueSize = 17;
  expect(check(2, 1)).toEqual([false, true]);
});

test('a client that reads slowly is not over', () => {
  const { session, check } = setUp({ handle: { writeQueueSize: 4_096 } });
  session.state.outboundQueueSize = 17;
  expect(check(30, 1)).not.toContain(true);
});

test('a closing connection gets SETTINGS in place of pings', () => {
  const { sent, check } = setUp({ closed: true });
  check(4);
  expect(sent).toEqual(['SETTINGS']);
});

test('a destroyed session is left to its owner', () => {
  const { session, check, sent } = setUp();
  session.destroyed = true;
  expect(check(40)).not.toContain(true);
  expect(sent).toEqual([]);
});

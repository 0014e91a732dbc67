import type { Draw } from '../core/draw.ts';
import type { MessageKind } from './message-kinds.ts';
import { difficultText } from '../core/unicode.ts';
import { frame, mutate, rankMessage } from './wire-bytes.ts';
import { streamPath } from './wire-client.ts';

const message = (draw: Draw) =>
  rankMessage('query', [`text ${draw.count(1000)}`], `r${draw.count(4)}`);

/** Calls that are hostile in how they are made. Their message is valid or missing. */
export const callKinds: readonly MessageKind[] = [
  {
    name: 'bad metadata',
    weight: 8,
    // A deadline that has already passed may be noticed at admission or later.
    allowed: ['OK', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'NOT SENT'],
    makeCall: (draw) => ({ headers: strangeHeaders(draw), chunks: [frame(message(draw))] }),
  },
  {
    name: 'too much metadata',
    weight: 3,
    allowed: ['INVALID_ARGUMENT'],
    makeCall: (draw) => ({
      headers: Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`x-filler-${i}`, 'f'.repeat(900 + draw.count(1000))]),
      ),
      chunks: [frame(message(draw))],
    }),
  },
  {
    name: 'no message',
    weight: 2,
    allowed: ['UNIMPLEMENTED', 'INVALID_ARGUMENT', 'INTERNAL'],
    makeCall: () => ({}),
  },
  {
    name: 'half a message',
    weight: 4,
    allowed: ['UNIMPLEMENTED', 'INVALID_ARGUMENT', 'INTERNAL'],
    makeCall: (draw) => {
      const whole = frame(message(draw));
      return { chunks: [whole.subarray(0, 1 + draw.count(whole.length - 1))] };
    },
  },
  {
    name: 'several messages in one call',
    weight: 2,
    allowed: ['UNIMPLEMENTED', 'INVALID_ARGUMENT', 'INTERNAL'],
    makeCall: (draw) => ({ chunks: [frame(message(draw)), frame(message(draw))] }),
  },
  {
    name: 'left open',
    weight: 0.3,
    allowed: ['DEADLINE_EXCEEDED'],
    makeCall: (draw) => ({
      chunks: draw.pick([[], [frame(message(draw)).subarray(0, 9)], [frame(message(draw))]]),
      after: 'leave',
    }),
  },
  {
    name: 'reset within a message',
    weight: 3,
    allowed: ['RESET', 'OK'],
    makeCall: (draw) => {
      const whole = frame(message(draw));
      return { chunks: [whole.subarray(0, draw.count(whole.length + 1))], after: 'reset' };
    },
  },
  {
    name: 'wrong method',
    weight: 4,
    allowed: ['UNIMPLEMENTED', 'HTTP 415', 'RESET', 'NOT SENT'],
    makeCall: (draw) => ({
      path: draw.pick([
        '/slmrank.v1.RankingService/Nothing',
        '/slmrank.v1.RankingService',
        '/',
        '//',
        '/slmrank.v1.AdminService/GetPoolState',
        `/${'x'.repeat(5000)}/y`,
        '/__proto__/constructor',
        '/slmrank.v1.RankingService/Rank?x=1',
      ]),
      chunks: [frame(message(draw))],
    }),
  },
  {
    name: 'wrong content type or method',
    weight: 3,
    allowed: ['OK', 'HTTP 415', 'UNIMPLEMENTED', 'RESET', 'NOT SENT'],
    makeCall: (draw) => ({
      headers: draw.pick([
        { 'content-type': 'application/json' },
        { 'content-type': 'text/html; charset=utf-8' },
        { 'content-type': '' },
        { ':method': 'DELETE' },
        { ':method': 'PUT' },
        { te: 'gzip' },
        { 'content-type': 'application/grpc+json' },
      ]),
      chunks: [frame(message(draw))],
    }),
  },
  {
    name: 'stream of mixed messages',
    weight: 5,
    // Bad messages are answered within the stream. Only a broken frame ends it.
    allowed: ['OK'],
    makeCall: (draw) => ({
      path: streamPath,
      chunks: Array.from({ length: 1 + draw.count(30) }, () =>
        frame(draw.chance(0.5) ? message(draw) : mutate(message(draw), draw)),
      ),
    }),
  },
  {
    name: 'stream with a broken frame',
    weight: 2,
    allowed: ['RESOURCE_EXHAUSTED', 'INTERNAL', 'UNIMPLEMENTED', 'RESET', 'OK'],
    makeCall: (draw) => ({
      path: streamPath,
      chunks: [
        frame(message(draw)),
        draw.pick([
          frame(message(draw), 0, 2 ** 31),
          frame(message(draw), 1),
          frame(message(draw), 0, 30_000),
          draw.bytes(40),
        ]),
      ],
    }),
  },
  {
    name: 'stream reset while it runs',
    weight: 2,
    allowed: ['RESET', 'OK'],
    makeCall: (draw) => ({
      path: streamPath,
      chunks: Array.from({ length: draw.count(10) }, () => frame(message(draw))),
      after: 'reset',
    }),
  },
];

function strangeHeaders(draw: Draw): Record<string, string> {
  const latin = (text: string) =>
    Buffer.from(text)
      .toString('latin1')
      .replace(/[\0\r\n]/g, '?');
  return draw.pick<() => Record<string, string>>([
    () => ({
      'grpc-timeout': draw.pick([
        '',
        'x',
        '-1S',
        '1',
        '99999999H',
        '0n',
        '1n',
        '9'.repeat(300),
        '1S1S',
      ]),
    }),
    () => ({ 'x-request-id': draw.pick(['r'.repeat(5000), '%%%', ' ', latin('\u00e9\u0301')]) }),
    () => ({
      traceparent: draw.pick(['00', '00-0-0-0', 'f'.repeat(3000), `00-${'0'.repeat(32)}`]),
    }),
    () => ({ 'x-client-id': latin(difficultText(draw)).slice(0, 4000) }),
    () => ({ 'x-slmrank-call': draw.pick(['0', '1', '-1', '__proto__', '99999999999']) }),
    () => ({ 'some-bin': draw.pick(['!!!', '====', 'AAA', '']) }),
    () => ({ authorization: draw.pick(['Bearer', 'Bearer x', `Basic ${'A'.repeat(2000)}`]) }),
    () => ({ 'grpc-accept-encoding': 'x,'.repeat(1000), 'user-agent': 'u'.repeat(3000) }),
    () => ({ 'x-empty': '', 'x_under.score-9': 'v', 'grpc-status': '0', 'grpc-message': 'no' }),
  ])();
}

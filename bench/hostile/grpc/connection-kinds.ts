import type { ClientHttp2Session } from 'node:http2';
import type { AttackKind } from '../core/kind.ts';
import type { Draw } from '../core/draw.ts';
import { field, frame, rankMessage } from './wire-bytes.ts';
import { callOn, type WireClient } from './wire-client.ts';

/** They may use the lasting connection or one of their own. */
type ConnectionKind = AttackKind<WireClient>;

/** The longest that the server may take to close a bad connection on a busy machine. */
const mustCloseMs = 10_000;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const data = Buffer.alloc(16_000);
const noSettings = h2Frame(4, 0, 0, Buffer.alloc(0));
const validMessage = (draw: Draw) => frame(rankMessage('query', [`text ${draw.count(1000)}`]));

export const connectionKinds: readonly ConnectionKind[] = [
  {
    name: 'raw garbage',
    weight: 1,
    allowed: ['CLOSED', 'QUIET'],
    run: (client, draw) => client.raw([draw.bytes(1 + draw.count(500))]),
  },
  {
    name: 'HTTP/1 and TLS on the port',
    weight: 0.5,
    allowed: ['CLOSED'],
    run: (client, draw) =>
      client.raw(
        [
          draw.pick([
            Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
            Buffer.from(
              `POST /slmrank.v1.RankingService/Rank HTTP/1.1\r\nContent-Length: 9\r\n\r\n`,
            ),
            Buffer.concat([Buffer.from('160301020001', 'hex'), draw.bytes(200)]),
          ]),
        ],
        mustCloseMs,
      ),
  },
  {
    name: 'HTTP/2 garbage',
    weight: 2,
    allowed: ['CLOSED', 'QUIET'],
    run: (client, draw) => {
      const frames = Array.from({ length: 1 + draw.count(20) }, () =>
        h2Frame(
          draw.count(12),
          draw.count(256),
          draw.pick([0, 1, 2, 3, 2 ** 31 - 1]),
          draw.bytes(draw.count(60)),
        ),
      );
      return client.raw([preface, noSettings, ...frames]);
    },
  },
  {
    name: 'HTTP/2 floods',
    weight: 0.3,
    allowed: ['CLOSED', 'QUIET'],
    run: (client, draw) => {
      const one = draw.pick([
        h2Frame(4, 0, 0, Buffer.alloc(0)),
        h2Frame(6, 0, 0, Buffer.alloc(8)),
        h2Frame(9, 0, 1, Buffer.alloc(100)),
        h2Frame(8, 0, 0, Buffer.from('00000001', 'hex')),
        h2Frame(2, 0, 3, Buffer.alloc(5)),
      ]);
      const open = h2Frame(1, 0, 1, Buffer.from('828684', 'hex'));
      return client.raw([
        preface,
        noSettings,
        open,
        Buffer.concat(Array.from({ length: 3000 }, () => one)),
      ]);
    },
  },
  {
    name: 'header flood',
    weight: 1,
    allowed: ['INVALID_ARGUMENT', 'RESET', 'CLOSED', 'NOT SENT'],
    run: (client, draw) =>
      client.withOwnConnection(async (session) => {
        const count = draw.pick([130, 1000, 5000]);
        const headers = Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`x-${i}`, 'v'.repeat(draw.pick([1, 20, 300]))]),
        );
        return (await callOn(session, { headers, chunks: [validMessage(draw)] })).ending;
      }),
  },
  {
    name: 'calls, then a frame too large',
    weight: 0.05,
    // Node's HTTP/2 sends GOAWAY but keeps the socket, so our server has to close it.
    allowed: ['CLOSED'],
    run: (client) => {
      const begin = Buffer.concat([Buffer.from('8286844101', 'hex'), Buffer.from('x')]);
      const calls = Array.from({ length: 100 }, (_, i) => h2Frame(1, 4, 2 * i + 1, begin));
      const tooLarge = Buffer.from('ffffff000000000001', 'hex');
      return client.raw([preface, noSettings, ...calls, tooLarge], 2 * mustCloseMs);
    },
  },
  {
    name: 'headers that never end',
    weight: 0.02,
    // It looks like an idle client, except that it does not answer a ping.
    allowed: ['CLOSED'],
    run: (client) => {
      const begin = Buffer.concat([Buffer.from('8286844101', 'hex'), Buffer.from('x')]);
      return client.raw([preface, noSettings, h2Frame(1, 0, 1, begin)], 5 * mustCloseMs);
    },
  },
  {
    name: 'more data than a message',
    weight: 0.2,
    // The handlers of these methods read one message or none.
    allowed: ['RESET', 'CLOSED', 'UNIMPLEMENTED', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'],
    run: (client, draw) =>
      client.withOwnConnection(async (session) => {
        const path = draw.pick([
          '/grpc.health.v1.Health/Watch',
          '/slmrank.v1.RankingService/GetInfo',
          '/slmrank.v1.RankingService/Nothing',
          '/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics',
        ]);
        const chunks = [frame(Buffer.alloc(0)), ...Array.from({ length: 40 }, () => data)];
        const ended = callOn(session, { path, chunks });
        await connected(session);
        setTimeout(() => session.destroy(), 2000);
        return (await ended).ending;
      }),
  },
  {
    name: 'calls without a body',
    weight: 0.5,
    allowed: [
      'UNIMPLEMENTED',
      'INVALID_ARGUMENT',
      'INTERNAL',
      'OK',
      'RESET',
      'CLOSED',
      'CANCELLED',
    ],
    run: (client, draw) =>
      client.withOwnConnection(async (session) => {
        session.settings({ headerTableSize: draw.pick([0, 4096]), maxFrameSize: 16_384 });
        const path = draw.pick(['Rank', 'RankStream', 'GetInfo', 'Tokenize', 'EstimateRank']);
        const call = { path: `/slmrank.v1.RankingService/${path}`, chunks: [] };
        return (await callOn(session, call)).ending;
      }),
  },
  {
    name: 'whole requests, then reset',
    weight: 0.05,
    allowed: ['OK', 'CLOSED', 'RESOURCE_EXHAUSTED'],
    run: (client) =>
      client.withOwnConnection(async (session) => {
        await connected(session);
        const texts = Array.from({ length: 200 }, (_, i) => `a candidate text of words ${i}`);
        const chunks = [frame(rankMessage('which job', texts))];
        for (let i = 0; i < 200 && !session.closed; i += 1) {
          void callOn(session, { chunks, after: 'reset' });
        }
        return (await callOn(session, { chunks: [frame(rankMessage('q', ['x']))] })).ending;
      }),
  },
  {
    name: 'watches of unknown services',
    weight: 0.2,
    allowed: ['RESET', 'CLOSED', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'],
    run: (client, draw) =>
      client.withOwnConnection(async (session) => {
        const name = 'n'.repeat(draw.pick([1, 1000, 60_000]));
        const path = '/grpc.health.v1.Health/Watch';
        const watches = Array.from({ length: 40 }, () =>
          callOn(session, { path, chunks: [frame(field(1, name))] }),
        );
        await connected(session);
        setTimeout(() => session.destroy(), 200);
        return (await Promise.all(watches)).at(-1)?.ending ?? 'NOT SENT';
      }),
  },
  {
    name: 'small connections',
    weight: 2,
    allowed: ['OK'],
    run: (client, draw) =>
      client.withOwnConnection(
        async (session) => (await callOn(session, { chunks: [validMessage(draw)] })).ending,
      ),
  },
  {
    name: 'connection dropped during calls',
    weight: 1,
    allowed: ['DROPPED'],
    run: (client, draw) =>
      client.withOwnConnection(async (session) => {
        await connected(session);
        const calls = Array.from({ length: 5 }, () =>
          callOn(session, { chunks: [validMessage(draw)] }),
        );
        await new Promise((resolve) => setImmediate(resolve));
        session.destroy();
        await Promise.all(calls);
        return 'DROPPED';
      }),
  },
  {
    name: 'rapid resets',
    weight: 0.02,
    allowed: ['CLOSED'],
    run: (client) =>
      client.withOwnConnection(async (session) => {
        for (let i = 0; i < 3000 && !session.closed; i += 1) {
          void callOn(session, { after: 'reset' });
          if (i % 50 === 49) {
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        }
        const { ending } = await callOn(session, { chunks: [frame(rankMessage('q', ['x']))] });
        return ending === 'NOT SENT' || session.closed || session.destroyed ? 'CLOSED' : ending;
      }),
  },
  {
    name: 'replies never read',
    weight: 0.05,
    allowed: ['RESET', 'RESOURCE_EXHAUSTED'],
    run: (client, draw) =>
      client.withOwnConnection(async (session) => {
        await connected(session);
        session.settings({ initialWindowSize: 0 });
        return (await callOn(session, { chunks: [validMessage(draw)] })).ending;
      }),
  },
];

function h2Frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function connected(session: ClientHttp2Session): Promise<unknown> {
  return new Promise((resolve) => {
    session.once('connect', resolve);
    session.once('close', resolve);
  });
}

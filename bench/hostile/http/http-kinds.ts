import type { AttackKind } from '../core/kind.ts';
import type { Draw } from '../core/draw.ts';
import { limits } from '../core/limits.ts';
import { difficultText } from '../core/unicode.ts';
import type { HttpClient, HttpMessage } from './http-client.ts';

/** What a server that is busy may say to anything. */
const busy = ['429', '503'];

const paths = ['/v1/rerank', '/v2/rerank', '/rerank', '/score', '/slmrank.v1.RankingService/Rank'];

function send(make: (draw: Draw) => HttpMessage): AttackKind<HttpClient>['run'] {
  return (client, draw) => client.send(make(draw));
}

/** Every kind of abuse of the HTTP address. */
export const httpKinds: readonly AttackKind<HttpClient>[] = [
  {
    name: 'valid, difficult texts',
    weight: 20,
    allowed: ['200', '400', ...busy],
    run: send((draw) => ({ path: draw.pick(paths), body: JSON.stringify(valid(draw)) })),
  },
  {
    name: 'a value of a wrong type somewhere',
    weight: 30,
    // The value may be another model's name.
    allowed: ['200', '400', '404', ...busy],
    run: send((draw) => ({
      path: draw.pick(paths),
      body: JSON.stringify(spoil(valid(draw), draw)),
    })),
  },
  {
    name: 'JSON that is damaged',
    weight: 20,
    allowed: ['200', '400', ...busy],
    run: send((draw) => ({
      path: draw.pick(paths),
      body: damage(JSON.stringify(valid(draw)), draw),
    })),
  },
  {
    name: 'no JSON',
    weight: 8,
    allowed: ['400', ...busy],
    run: send((draw) => ({ path: draw.pick(paths), body: draw.bytes(1 + draw.count(300)) })),
  },
  {
    name: 'very many values',
    weight: 2,
    allowed: ['400', ...busy],
    run: send((draw) => ({
      path: draw.pick(paths),
      body: draw.pick(['[', '{"documents":[']) + '1,'.repeat(10_000 + draw.count(10_000)),
    })),
  },
  {
    name: 'very deep',
    weight: 2,
    allowed: ['400', ...busy],
    run: send((draw) => ({
      path: draw.pick(paths),
      body: draw.pick(['[', '{"a":']).repeat(100 + draw.count(5000)),
    })),
  },
  {
    name: 'too long a body',
    weight: 1,
    allowed: ['413', 'CLOSED', ...busy],
    run: send((draw) => ({
      path: draw.pick(paths),
      body: Buffer.alloc(limits.requestBytes + 1 + draw.count(100_000), 'x'),
    })),
  },
  {
    name: 'another content type',
    weight: 4,
    allowed: ['415'],
    run: send((draw) => ({
      path: draw.pick(paths),
      headers: { 'content-type': draw.pick(['text/plain', 'application/xml', 'x', 'a/b;c=d']) },
      body: JSON.stringify(valid(draw)),
    })),
  },
  {
    name: 'another path or method',
    weight: 6,
    allowed: ['404', '400', '405'],
    run: send((draw) => ({
      method: draw.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
      path: draw.pick(['/v2/rerank', '/../../etc/passwd', '/%2e%2e/%ff', '/page/../ask', '//']),
    })),
  },
  {
    name: 'strange headers',
    weight: 4,
    allowed: ['200', '400', '504', ...busy],
    run: send((draw) => ({
      path: draw.pick(paths),
      headers: {
        'x-request-id': 'i'.repeat(draw.count(2000)),
        traceparent: draw.pick(['', '00-zz', 'ü'.repeat(0)]),
        'connect-timeout-ms': draw.pick(['0', '-1', '1e9', '9'.repeat(20), 'soon']),
        'x-client-id': draw.pick(['', 'a', 'x'.repeat(1000)]),
      },
      body: JSON.stringify(valid(draw)),
    })),
  },
  {
    name: 'huge headers',
    weight: 2,
    allowed: ['431', 'CLOSED'],
    run: send((draw) => ({
      path: draw.pick(paths),
      headers: { 'x-filler': 'f'.repeat(limits.metadataBytes + draw.count(60_000)) },
      body: '{}',
    })),
  },
  {
    name: 'bytes that are no HTTP',
    weight: 3,
    allowed: ['400', 'CLOSED'],
    run: (client, draw) =>
      client.raw([Buffer.concat([Buffer.from('\0'), draw.bytes(200)]), '\r\n\r\n']),
  },
  {
    name: 'smuggled lengths',
    weight: 2,
    allowed: ['400', 'CLOSED'],
    run: (client, draw) =>
      client.raw([
        `POST ${draw.pick(paths)} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n` +
          `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /info HTTP/1.1\r\n\r\n`,
      ]),
  },
  {
    name: 'headers that never end',
    weight: 0.2,
    allowed: ['408', '431', 'CLOSED'],
    run: (client) =>
      client.raw(['POST /v2/rerank HTTP/1.1\r\nhost: a\r\n', ...drops('x: y\r\n')], 200),
  },
  {
    name: 'a body that never ends',
    weight: 0.2,
    allowed: ['408', '413', 'CLOSED'],
    run: (client) =>
      client.raw(
        [
          'POST /v2/rerank HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n',
          ...drops('x'),
        ],
        200,
      ),
  },
  {
    name: 'leaves before the answer',
    weight: 3,
    allowed: ['CLOSED'],
    run: async (client, draw) => {
      const body = JSON.stringify(valid(draw));
      const head =
        `POST /v2/rerank HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
      await client.leave(head + body.slice(0, 1 + draw.count(body.length)));
      return 'CLOSED';
    },
  },
];

/** Sent one by one, for longer than the server waits. */
function drops(piece: string): readonly string[] {
  return Array.from({ length: 60 }, () => piece);
}

function texts(draw: Draw): readonly string[] {
  return Array.from({ length: draw.count(6) }, () => difficultText(draw));
}

/** A body that some path takes; the others refuse it. */
function valid(draw: Draw): Record<string, unknown> {
  const query = difficultText(draw);
  return draw.pick([
    () => ({ query, documents: texts(draw), top_n: 1 + draw.count(4), return_documents: true }),
    () => ({ query, texts: texts(draw), raw_scores: draw.chance(0.5) }),
    () => ({ text_1: query, text_2: texts(draw) }),
    () => ({ query, candidates: texts(draw).map((text) => ({ text })), returnText: true }),
  ])();
}

const odd: readonly unknown[] = [
  null,
  -1,
  1e308,
  '',
  [],
  {},
  [[]],
  true,
  0.5,
  '\0',
  'x'.repeat(1000),
];

function spoil(body: Record<string, unknown>, draw: Draw): unknown {
  const names = Object.keys(body);
  const name = draw.pick([...names, 'top_n', 'model', 'priority', '__proto__', 'relevant_spans']);
  const { [name]: value } = body;
  const spoilt =
    Array.isArray(value) && draw.chance(0.5)
      ? [...(value as unknown[]), draw.pick(odd)]
      : draw.pick(odd);
  return draw.chance(0.05) ? draw.pick(odd) : { ...body, [name]: spoilt };
}

function damage(text: string, draw: Draw): Buffer {
  const bytes = Buffer.from(text);
  for (let times = 1 + draw.count(4); times > 0; times--) {
    bytes[draw.count(bytes.length)] = draw.count(256);
  }
  return draw.chance(0.3) ? bytes.subarray(0, draw.count(bytes.length)) : bytes;
}

import { limits } from '../core/limits.ts';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Draw } from '../core/draw.ts';
import { difficultText, malformedText } from '../core/unicode.ts';
import { candidate, field, frame, mutate, rankMessage, tag, varint } from './wire-bytes.ts';
import type { CallSpec } from './wire-client.ts';

/** One kind of hostile message on a lasting connection, and the endings that its calls may have. */
export interface MessageKind {
  readonly name: string;
  readonly weight: number;
  readonly allowed: readonly string[];
  readonly makeCall: (draw: Draw) => CallSpec;
}

/** A decodable request may still name an unknown model, or have a `timeout_ms` of 1. */
const decodable = [
  'OK',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'RESOURCE_EXHAUSTED',
  'DEADLINE_EXCEEDED',
];

const texts = (draw: Draw) =>
  Array.from({ length: 1 + draw.count(4) }, () => `text ${draw.count(1000)}`);
const validMessage = (draw: Draw) => rankMessage(`query ${draw.count(1000)}`, texts(draw));
const body = (message: Buffer): CallSpec => ({ chunks: [frame(message)] });

export const messageKinds: readonly MessageKind[] = [
  {
    name: 'mutated bytes',
    weight: 20,
    allowed: decodable,
    makeCall: (draw) => body(mutate(validMessage(draw), draw)),
  },
  {
    name: 'random bytes',
    weight: 10,
    allowed: decodable,
    makeCall: (draw) => body(draw.bytes(draw.count(400))),
  },
  {
    name: 'wrong wire types',
    weight: 8,
    allowed: decodable,
    makeCall: (draw) => {
      const fields = Array.from({ length: 1 + draw.count(20) }, () =>
        Buffer.concat([tag(1 + draw.count(20), draw.count(8)), draw.bytes(draw.count(12))]),
      );
      return body(Buffer.concat([...fields, validMessage(draw)]));
    },
  },
  {
    name: 'huge lengths',
    weight: 5,
    allowed: ['INVALID_ARGUMENT'],
    makeCall: (draw) => {
      const length = draw.pick([2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2n ** 63n, 2n ** 64n - 1n]);
      const number = draw.pick([1, 4, 12, 99]);
      return body(
        Buffer.concat([validMessage(draw), tag(number, 2), varint(length), draw.bytes(9)]),
      );
    },
  },
  {
    name: 'deep nesting',
    weight: 2,
    allowed: ['OK', 'INVALID_ARGUMENT'],
    makeCall: (draw) => {
      const depth = draw.pick([10, 100, 1000, 30_000]);
      const groups = Buffer.alloc(depth, tag(20 - 8, 3));
      let nested: Buffer = Buffer.from('x');
      for (let i = 0; i < Math.min(depth, 300); i += 1) {
        nested = field(4, nested);
      }
      return body(Buffer.concat([draw.chance(0.5) ? groups : nested, validMessage(draw)]));
    },
  },
  {
    name: 'far too many candidates',
    weight: 2,
    allowed: ['INVALID_ARGUMENT'],
    makeCall: (draw) =>
      body(Buffer.alloc((limits.candidates + 1 + draw.count(60_000)) * 2, '\x22\x00')),
  },
  {
    name: 'at the limits',
    weight: 2,
    allowed: ['OK'],
    makeCall: (draw) =>
      body(
        draw.pick([
          rankMessage(
            'q',
            Array.from({ length: limits.candidates }, () => 'x'),
          ),
          rankMessage('q', ['x'.repeat(limits.textBytes)]),
          // A candidate of this length is truncated, not refused.
          rankMessage('q', ['x'.repeat(limits.textBytes + 1)]),
          padTo(rankMessage('q', ['x']), limits.requestBytes),
        ]),
      ),
  },
  {
    name: 'one past the limits',
    weight: 3,
    allowed: ['INVALID_ARGUMENT'],
    makeCall: (draw) =>
      body(
        draw.pick([
          rankMessage(
            'q',
            Array.from({ length: limits.candidates + 1 }, () => 'x'),
          ),
          rankMessage('x'.repeat(limits.textBytes + 1), ['x']),
          padTo(rankMessage('q', ['x']), limits.requestBytes + 1),
          padTo(rankMessage('q', ['x']), limits.requestBytes * 2),
          rankMessage('q', []),
          rankMessage('', ['x']),
        ]),
      ),
  },
  {
    name: 'past the transport limit',
    weight: 2,
    allowed: ['RESOURCE_EXHAUSTED'],
    makeCall: (draw) =>
      draw.chance(0.5)
        ? { chunks: [frame(Buffer.alloc(limits.requestBytes * 2 + 1))] }
        : { chunks: [frame(validMessage(draw), 0, draw.pick([2 ** 24, 2 ** 31, 2 ** 32 - 1]))] },
  },
  {
    name: 'difficult Unicode',
    weight: 10,
    // Some texts have more tokens than a prefix may have.
    allowed: ['OK', 'INVALID_ARGUMENT'],
    makeCall: (draw) =>
      body(
        rankMessage(
          difficultText(draw),
          texts(draw).map(() => difficultText(draw)),
        ),
      ),
  },
  {
    name: 'malformed UTF-8',
    weight: 6,
    allowed: ['INVALID_ARGUMENT'],
    makeCall: (draw) =>
      body(
        Buffer.concat([
          rankMessage(malformedText(draw), [malformedText(draw)]),
          candidate(malformedText(draw), 'id'),
          field(12, malformedText(draw)),
        ]),
      ),
  },
  {
    name: 'numbers out of range',
    weight: 4,
    allowed: decodable,
    makeCall: (draw) => {
      const numbers = Array.from({ length: 1 + draw.count(6) }, () =>
        Buffer.concat([
          tag(draw.pick([5, 7, 8, 9, 10, 13, 14, 15, 16, 19, 20]), 0),
          varint(draw.pick([0, 1, 2, 3, 99, 2 ** 31, 2n ** 63n, 2n ** 64n - 1n])),
        ]),
      );
      const double = Buffer.alloc(8);
      double.writeDoubleLE(draw.pick([Number.NaN, -0, Infinity, -Infinity, 1e308, 5e-324]));
      return body(Buffer.concat([validMessage(draw), ...numbers, tag(6, 1), double]));
    },
  },
  {
    name: 'valid gzip',
    weight: 2,
    allowed: ['OK'],
    makeCall: (draw) => zipped('gzip', gzipSync(validMessage(draw))),
  },
  {
    name: 'gzip bomb',
    weight: 2,
    allowed: ['RESOURCE_EXHAUSTED', 'INVALID_ARGUMENT'],
    makeCall: (draw) => draw.pick(bombs)(),
  },
  {
    name: 'bad compression',
    weight: 4,
    allowed: [...decodable, 'INTERNAL', 'UNIMPLEMENTED'],
    makeCall: (draw) => ({
      headers: {
        'grpc-encoding': draw.pick(['gzip', 'deflate', 'identity', 'br', 'x'.repeat(200), 'GZIP']),
      },
      chunks: [
        frame(
          draw.chance(0.5) ? draw.bytes(50) : gzipSync(validMessage(draw)).subarray(0, 20),
          draw.pick([0, 1, 2, 255]),
        ),
      ],
    }),
  },
];

let cachedZeros: { gzip: Buffer; deflate: Buffer } | undefined;
/** 64 MiB of zeros, compressed once because compression is not what is measured. */
function packedZeros(): { gzip: Buffer; deflate: Buffer } {
  const zeros = Buffer.alloc(64 << 20);
  cachedZeros ??= { gzip: gzipSync(zeros), deflate: deflateSync(zeros) };
  return cachedZeros;
}
const bombs: readonly (() => CallSpec)[] = [
  () => zipped('gzip', packedZeros().gzip),
  () => zipped('deflate', packedZeros().deflate),
  () => zipped('gzip', gzipSync(Buffer.alloc(limits.requestBytes * 2 - 100))),
  () => zipped('gzip', gzipSync(Buffer.alloc(limits.requestBytes * 2 + 1))),
];

function zipped(encoding: string, packed: Buffer): CallSpec {
  return { headers: { 'grpc-encoding': encoding }, chunks: [frame(packed, 1)] };
}

/** Adds an unknown field, so that the message has exactly this many bytes. */
function padTo(message: Buffer, bytes: number): Buffer {
  const missing = bytes - message.length;
  const prefix = tag(1000, 2).length + varint(missing).length;
  const padding = field(1000, Buffer.alloc(missing - prefix));
  return Buffer.concat([message, padding]);
}

import type { Draw } from '../core/draw.ts';

// Protobuf and gRPC framing by hand, since an encoder refuses to write invalid messages.

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export function tag(field: number, wireType: number): Buffer {
  return varint(field * 8 + wireType);
}

/** A length-delimited field. */
export function field(number: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([tag(number, 2), varint(bytes.length), bytes]);
}

export function candidate(text: string | Buffer, id = ''): Buffer {
  return field(4, Buffer.concat([...(id === '' ? [] : [field(1, id)]), field(2, text)]));
}

/** A valid RankRequest that skips the score cache. */
export function rankMessage(
  query: string | Buffer,
  texts: readonly (string | Buffer)[],
  requestId = 'r',
): Buffer {
  const candidates = texts.map((text) => candidate(text));
  return Buffer.concat([
    field(1, query),
    ...candidates,
    field(12, requestId),
    tag(16, 0),
    varint(1),
  ]);
}

/** A message in its gRPC frame: compression flag, length, bytes. Flag and length may be false. */
export function frame(message: Buffer, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** Flips a bit, or inserts, removes, repeats or cuts off bytes, one to nine times. */
export function mutate(message: Buffer, draw: Draw): Buffer {
  let bytes = message;
  for (let i = 0; i <= draw.count(8); i += 1) {
    const place = draw.count(bytes.length + 1);
    const [head, rest] = [bytes.subarray(0, place), bytes.subarray(place)];
    const [first = 0] = rest;
    bytes = draw.pick([
      () => Buffer.concat([head, Buffer.from([first ^ (1 << draw.count(8))]), rest.subarray(1)]),
      () => Buffer.concat([head, draw.bytes(draw.count(20)), rest]),
      () => Buffer.concat([head, rest.subarray(draw.count(20))]),
      () => Buffer.concat([head, rest.subarray(0, 30), rest]),
      () => head,
    ])();
  }
  return bytes;
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspectMessage } from '../../../src/server/wire/inspect-message.ts';
import { type MessageShape, shapeOf } from '../../../src/server/wire/message-shape.ts';
import { parseAdminProtoRoot, parseProtoRoot } from '../../../src/proto/proto-root.ts';

const { service, messages } = parseProtoRoot();
const rankShape = shapeOf(service.Rank.requestType, messages);

/** A length-delimited field, of at most 127 bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
}

/** Every text field of a message: its path, and a message with the given bytes in that field. */
function textsOf(shape: MessageShape): { path: string; write: (text: Buffer) => Buffer }[] {
  return [...shape].flatMap(([number, { name, isRepeated, isText, message }]) => {
    const path = isRepeated ? `${name}[0]` : name;
    const own = isText ? [{ path, write: (text: Buffer) => bigField(number, text) }] : [];
    const inside = message === undefined ? [] : textsOf(message);
    return [
      ...own,
      ...inside.map((one) => ({
        path: `${path}.${one.path}`,
        write: (text: Buffer) => bigField(number, one.write(text)),
      })),
    ];
  });
}

/** The same for a field number of at most 2,047. */
function bigField(number: number, content: Buffer): Buffer {
  const tag = number * 8 + 2;
  const bytes = tag < 128 ? [tag] : [(tag & 0x7f) | 0x80, tag >> 7];
  return Buffer.concat([Buffer.from([...bytes, content.length]), content]);
}

const methods = [
  ...Object.entries(service),
  ...Object.entries(parseAdminProtoRoot().service),
] as unknown as [string, { requestType: { type: object } }][];
const texts = methods.flatMap(([method, { requestType }]) =>
  textsOf(shapeOf(requestType, messages)).map(({ path, write }) => ({ method, path, write })),
);

test('the texts of all requests are known, also in nested messages', () => {
  expect(texts.map(({ method, path }) => `${method} ${path}`)).toEqual(
    expect.arrayContaining([
      'Rank query',
      'Rank request_id',
      'RankStream candidates[0].version',
      'EstimateRank candidates[0].title',
      'Tokenize texts[0]',
      'LoadModel folder',
    ]),
  );
});

describe('bytes that are not UTF-8 are found, and their field is named', () => {
  test.each(texts)('$method $path', ({ method, path, write }) => {
    const { requestType } = new Map(methods).get(method) ?? { requestType: { type: {} } };
    const shape = shapeOf(requestType, messages);
    const found = inspectMessage(write(Buffer.from([0x61, 0xff])), shape);
    expect(found).toEqual({ ok: false, kind: 'text', field: path });
    expect(inspectMessage(write(Buffer.from('é\u{FFFD}')), shape)).toMatchObject({ ok: true });
  });
});

test.each([
  ['a lone surrogate', [0xed, 0xa0, 0xbd]],
  ['a cut character', [0xe6, 0x9d]],
  ['an overlong form', [0xc0, 0x80]],
  ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
])('%s is not UTF-8', (_, bytes) => {
  expect(inspectMessage(field(1, Buffer.from(bytes)), rankShape).ok).toBe(false);
});

test('a candidate is named by its index', () => {
  const good = field(4, field(2, Buffer.from('good')));
  const bad = field(4, Buffer.concat([field(1, Buffer.from('id')), field(3, Buffer.from([0x80]))]));
  const query = field(1, Buffer.from('q'));
  expect(inspectMessage(Buffer.concat([good, query, good, bad, good]), rankShape)).toEqual({
    ok: false,
    kind: 'text',
    field: 'candidates[2].title',
  });
});

test('a field whose wire type differs from its text type is unclear', () => {
  // The decoder reads the candidate's field 2 as a text, whatever the wire type in its tag.
  const hidden = field(4, Buffer.from([0x10, 0x01, 0xff]));
  expect(service.Rank.requestDeserialize(hidden).candidates[0]?.text).toBe('\u{FFFD}');
  expect(inspectMessage(hidden, rankShape)).toEqual({ ok: false, kind: 'unclear' });
});

test('a message that passes is decoded without replacement characters', () => {
  const piece = fc.oneof(
    fc.constantFrom('0a02', '2204', '1202', '1a01', '2a01', 'c3a9', 'c3', 'ff', '10', '08', '41'),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(''), 'hex');
      fc.pre(inspectMessage(bytes, rankShape).ok && !bytes.includes('\u{FFFD}'));
      expect(JSON.stringify(service.Rank.requestDeserialize(bytes))).not.toContain('\u{FFFD}');
    }),
    { numRuns: 3000 },
  );
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { shapeOf } from '../../../src/server/wire/message-shape.ts';
import { guardDecoder } from '../../../src/server/wire/guard-decoder.ts';
import { WireCursor } from '../../../src/server/wire/cursor.ts';

const { service, messages } = parseProtoRoot();
const definition = service.Rank;
const fieldNumber = fc.integer({ min: 1, max: 2 ** 29 - 1 });
const anyField = fc.oneof(
  fc.record({ field: fieldNumber, type: fc.constant(0), value: fc.nat() }),
  fc.record({ field: fieldNumber, type: fc.constant(1), value: fc.nat() }),
  fc.record({ field: fieldNumber, type: fc.constant(2), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ field: fieldNumber, type: fc.constant(5), value: fc.nat() }),
);

function encode(
  fields: readonly { field: number; type: number; value: number | Uint8Array }[],
): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const { field, type, value } of fields) {
    const at = writer.uint32(field * 8 + type);
    if (value instanceof Uint8Array) {
      at.bytes(value);
    } else if (type === 0) {
      at.uint32(value);
    } else if (type === 1) {
      at.fixed64(value);
    } else {
      at.fixed32(value);
    }
  }
  return writer.finish();
}

test('the cursor finds the fields that the encoder wrote', () => {
  fc.assert(
    fc.property(fc.array(anyField, { maxLength: 20 }), (fields) => {
      const bytes = encode(fields);
      const cursor = new WireCursor(bytes);
      for (const { field, value } of fields) {
        expect(cursor.next()).toBe(true);
        expect(cursor.field).toBe(field);
        if (value instanceof Uint8Array) {
          expect(Buffer.from(bytes.subarray(cursor.start, cursor.end))).toEqual(Buffer.from(value));
        }
      }
      expect(cursor.next()).toBe(false);
    }),
  );
});

test('the cursor ends on any bytes, and stays within them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const cursor = new WireCursor(bytes);
      let steps = 0;
      while (cursor.next()) {
        steps += 1;
        expect(cursor.start).toBeLessThanOrEqual(cursor.end);
        expect(cursor.end).toBeLessThanOrEqual(bytes.length);
      }
      expect(steps).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

test('a message of a million entries is refused without being decoded', () => {
  let decoded = 0;
  const guarded = guardDecoder(() => (decoded += 1), {
    requestBytes: 8_000_000,
    repeated: { field: 4, name: 'candidates', most: 1000 },
    requestIdField: 12,
    shape: shapeOf(definition.requestType),
  });
  const empties = Buffer.alloc(2_000_000);
  for (let place = 0; place < empties.length; place += 2) {
    empties[place] = 0x22;
  }
  const named = Buffer.concat([empties, Buffer.from([0x62, 0x02, 0x68, 0x69])]);
  expect(guarded(named)).toEqual({
    ok: false,
    violation: { field: 'candidates', description: 'has 1000000 entries; allowed 1 to 1000' },
    requestId: 'hi',
  });
  expect(decoded).toBe(0);
  expect(guarded(empties.subarray(0, 2000))).toEqual({ ok: true, message: 1 });
});

const rankDecoder = guardDecoder(definition.requestDeserialize, {
  requestBytes: 1_000_000,
  repeated: { field: 4, name: 'candidates', most: 3 },
  shape: shapeOf(definition.requestType, messages),
});
const fourEmpty = Buffer.from('2200220022002200', 'hex');

test.each([
  ['a length that is cut to 32 bits', 'ba068080808010'],
  ['a tag that is cut to 32 bits', 'a280808010002200'],
  ['a text written as a number, whose length the decoder takes', '0804ba068800'],
  ['a number of six bytes, of which the decoder takes ten', '28808080808000ba068800'],
  ['a group', '9b069c06'],
  ['field 0', '0000'],
])('entries cannot be hidden from the count behind %s', (_, hex) => {
  const bytes = Buffer.concat([Buffer.from(hex, 'hex'), fourEmpty]);
  expect(definition.requestDeserialize(bytes).candidates.length).toBeGreaterThan(3);
  expect(rankDecoder(bytes)).toMatchObject({
    ok: false,
    violation: {
      description: 'not a valid protobuf message: its fields cannot be told apart',
    },
  });
});

test('for any bytes, a decoded message has no more entries than allowed', () => {
  const piece = fc.oneof(
    fc.constantFrom('2200', '22', '0a', '08', '00', '80', 'ff', '28', '9b06', '9c06', 'ba06'),
    fc.constantFrom('808080808001', '8080808010', '31', '9a06', '0a04', '7001'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const received = rankDecoder(Buffer.from(pieces.join(''), 'hex'));
      expect(received.ok ? received.message.candidates.length : 0).toBeLessThanOrEqual(3);
    }),
    { numRuns: 5000 },
  );
});

test('unknown fields are accepted', () => {
  const known = Buffer.from('0a01712203' + '120178', 'hex');
  const unknown = Buffer.from(
    'a006ffffffffffff7f' + 'aa0603616263' + 'b1060000000000000000',
    'hex',
  );
  expect(rankDecoder(Buffer.concat([unknown, known]))).toMatchObject({
    ok: true,
    message: { query: 'q', candidates: [{ text: 'x' }] },
  });
});

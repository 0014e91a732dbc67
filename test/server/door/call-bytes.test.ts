import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../src/base/at.ts';
import { ByteLedger, CallBytes } from '../../../src/server/door/call-bytes.ts';

function framed(length: number): Buffer {
  const bytes = Buffer.alloc(length + 5);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

function open(most: number, isCompressed = false) {
  const ledger = new ByteLedger(most);
  return { ledger, bytes: new CallBytes({ ledger, isCompressed, mostMessageBytes: 1_000_000 }) };
}

test('holds a message from its first byte until it is answered', () => {
  const { ledger, bytes } = open(1000);
  expect(bytes.add(framed(100).subarray(0, 50))).toBe(true);
  expect([ledger.held, bytes.isInMessage]).toEqual([50, true]);
  bytes.add(framed(100).subarray(50));
  expect([ledger.held, bytes.isInMessage]).toEqual([105, false]);
  bytes.decoded();
  bytes.answered();
  expect(ledger.held).toBe(0);
});

test('refuses bytes beyond the bound of all calls, and a closed call holds none', () => {
  const { ledger, bytes } = open(200);
  const other = new CallBytes({ ledger, isCompressed: false, mostMessageBytes: 1000 });
  expect(bytes.add(framed(100))).toBe(true);
  expect(other.add(framed(100))).toBe(false);
  other.close();
  expect(ledger.held).toBe(105);
  expect(other.add(framed(1))).toBe(false);
  bytes.close();
  expect(ledger.held).toBe(0);
});

test('a compressed message counts for its largest size until it is unpacked', () => {
  const { ledger, bytes } = open(3_000_000, true);
  bytes.add(framed(95));
  expect(ledger.held).toBe(100 * 1032);
  bytes.decoded();
  expect(ledger.held).toBe(100 * 16);
  bytes.add(framed(100_000));
  expect(ledger.held).toBe(100 * 16 + 1_000_000);
  bytes.answered();
  bytes.close();
  expect(ledger.held).toBe(0);
});

test('messages are recognized in any pieces, and no bytes are held at the end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(300), { maxLength: 10 }),
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (lengths, cuts, isCompressed) => {
        const { ledger, bytes } = open(100_000_000, isCompressed);
        const all = Buffer.concat(lengths.map(framed));
        for (let place = 0, i = 0; place < all.length; i += 1) {
          const cut = at(cuts, i % cuts.length);
          expect(bytes.add(all.subarray(place, place + cut))).toBe(true);
          place += cut;
        }
        expect(bytes.isInMessage).toBe(false);
        expect(ledger.held).toBeGreaterThanOrEqual(all.length);
        lengths.forEach(() => bytes.decoded());
        lengths.forEach(() => bytes.answered());
        expect(ledger.held).toBe(0);
        bytes.close();
        expect(ledger.held).toBe(0);
      },
    ),
  );
});

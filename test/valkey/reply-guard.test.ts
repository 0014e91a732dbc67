import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ReplyGuard } from '../../src/valkey/reply-guard.ts';

function check(replies: string, limits: readonly number[]): string | undefined {
  const guard = new ReplyGuard();
  limits.forEach((mostBytes) => guard.expect({ mostBytes, sentAtMs: 0 }));
  return guard.check(Buffer.from(replies));
}

test.each([
  ['+OK\r\n', [100]],
  ['-ERR no\r\n:12\r\n', [100, 100]],
  ['$3\r\na\r\n\r\n$-1\r\n$0\r\n\r\n', [100, 100, 100]],
  ['*2\r\n$1\r\na\r\n*1\r\n:1\r\n*0\r\n*-1\r\n+OK\r\n', [100, 100, 100, 5]],
  ['+OK\r\n', [5]],
])('%p passes', (replies, limits) => {
  expect(check(replies, limits)).toBeUndefined();
});

test.each([
  ['+OK\r\n', [], 'a reply to no command'],
  ['+OK\r\n+OK\r\n', [100], 'a reply to no command'],
  ['+OK\r\n', [4], 'a reply of more than 4 bytes'],
  ['HTTP/1.1 400 Bad Request\r\n', [100], 'no reply of RESP2'],
  ['%1\r\n', [100], 'no reply of RESP2'],
  ['>2\r\n', [100], 'no reply of RESP2'],
  ['\r\n', [100], 'no reply of RESP2'],
  ['+OK\n', [100], 'a line without its end'],
  [`+${'x'.repeat(1025)}`, [5000], 'a line that is too long'],
  ['$-2\r\n', [100], 'a length that is no number'],
  ['$\r\n', [100], 'a length that is no number'],
  ['$1e\r\n', [100], 'a length that is no number'],
  ['*1.5\r\n', [100], 'a length that is no number'],
  ['$536870912\r\n', [100], 'a reply that claims 536870914 bytes and may have 88 more'],
  ['*30000000\r\n', [1000], 'a reply that claims 120000000 bytes and may have 989 more'],
  ['*1\r\n'.repeat(6), [1000], 'arrays in arrays in arrays'],
])('%p with limits %p is %s', (replies, limits, fault) => {
  expect(check(replies, limits)).toBe(fault);
});

test('it makes no difference how the bytes are cut', () => {
  const replies = Buffer.from('*3\r\n$5\r\nab\r\nc\r\n$-1\r\n:7\r\n+OK\r\n-ERR x\r\n');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: replies.length })), (cuts) => {
      const guard = new ReplyGuard();
      [100, 100, 100].forEach((mostBytes) => guard.expect({ mostBytes, sentAtMs: 0 }));
      const places = [0, ...cuts.sort((a, b) => a - b), replies.length];
      places.slice(1).forEach((end, index) => {
        expect(guard.check(replies.subarray(places[index], end))).toBeUndefined();
      });
      expect(guard.check(Buffer.from('+'))).toBe('a reply to no command');
    }),
  );
});

test('no bytes make it fail, and few of them are taken', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const guard = new ReplyGuard();
      guard.expect({ mostBytes: 20, sentAtMs: 0 });
      expect(bytes.length > 20 ? typeof guard.check(bytes) : 'string').toBe('string');
    }),
  );
});

test('it knows how long the oldest command has waited', () => {
  const guard = new ReplyGuard();
  expect(guard.oldestAtMs).toBeUndefined();
  guard.expect({ mostBytes: 10, sentAtMs: 5 });
  guard.expect({ mostBytes: 10, sentAtMs: 8 });
  guard.check(Buffer.from('+OK\r\n'));
  expect(guard.oldestAtMs).toBe(8);
});

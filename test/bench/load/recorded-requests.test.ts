import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { packMessages, recordRequests } from '../../../bench/load/recorded-requests.ts';
import { readDemoData } from '../../../src/eval/data/demo-data.ts';

test('recorded requests have different queries and no candidate twice', async () => {
  const demo = await readDemoData(fileURLToPath(new URL('../../../models/demo', import.meta.url)));
  const requests = recordRequests(demo, { candidates: 50, maxCandidateTokens: 64 });
  expect(new Set(requests.map(({ query }) => query)).size).toBe(30);
  for (const { candidates = [], maxCandidateTokens } of requests) {
    expect(new Set(candidates.map(({ id }) => id)).size).toBe(50);
    expect(maxCandidateTokens).toBe(64);
  }
});

test('messages are packed after their lengths', () => {
  const long = Buffer.alloc(300, 'x');
  expect(packMessages([Buffer.from('ab'), long])).toEqual(
    Buffer.concat([Buffer.from([2, 0x61, 0x62, 0xac, 0x02]), long]),
  );
});

test('a message that ghz would run as a template is refused', () => {
  const messages = [Buffer.from('a'), Buffer.from('{{x}}')];
  expect(() => packMessages(messages)).toThrow(/request 1 contains '\{\{'/);
});

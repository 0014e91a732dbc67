import { describe, expect, test } from '@jest/globals';
import {
  type Clients,
  compareById,
  type Comparison,
  formatComparison,
} from '../../../src/cli/demo/rank-by-id.ts';
import type { WireRankResponse } from '../../../src/client/client.ts';
import type { WirePutItemsResponse } from '../../../src/client/item-client.ts';

const postings = Array.from({ length: 250 }, (_, n) => ({
  id: `p${n}`,
  title: `Title ${n}`,
  text: `text ${n}`,
}));

/** A server that stores what is put, `lost` postings of each message excepted. */
function fakeClients(lost = 0) {
  const stored: unknown[] = [];
  const requests: unknown[] = [];
  const clients: Clients = {
    items: {
      put: async (messages, onAnswer) => {
        for await (const items of messages) {
          stored.push(...items);
          onAnswer({ put: { stored: items.length - lost } } as WirePutItemsResponse);
        }
      },
    },
    ranking: {
      rank: (request) => {
        requests.push(request);
        return Promise.resolve({ results: [], usage: null } as unknown as WireRankResponse);
      },
    },
  };
  return { clients, stored, requests };
}

describe('compareById', () => {
  test('puts all postings, then ranks them by text and by id without kept scores', async () => {
    const { clients, stored, requests } = fakeClients();
    const comparison = await compareById(clients, { query: 'nurse', postings }, 1000);
    expect(stored).toEqual(postings.map((posting) => ({ ...posting, version: 1 })));
    expect(requests).toEqual([
      { query: 'nurse', candidates: postings, noCache: true },
      { query: 'nurse', candidates: postings.map(({ id }) => ({ id })), noCache: true },
    ]);
    expect(comparison.postings).toBe(250);
  });

  test('does not rank when postings were not stored', async () => {
    const { clients, requests } = fakeClients(1);
    await expect(compareById(clients, { query: 'nurse', postings }, 1000)).rejects.toThrow(
      '247 of 250 postings were stored',
    );
    expect(requests).toEqual([]);
  });
});

function comparisonOf(byTextMs: number, byIdMs: number): Comparison {
  const reply = (candidateTokens: number, places: readonly number[]) =>
    ({ usage: { candidateTokens }, results: places.map((index) => ({ index })) }) as Pick<
      WireRankResponse,
      'usage' | 'results'
    >;
  const places = Array.from({ length: 300 }, (_, n) => n);
  return {
    postings: 300,
    putMs: 900,
    byText: { ms: byTextMs, reply: reply(300 * 201, places) },
    byId: { ms: byIdMs, reply: reply(300 * 18, [12, ...places]) },
  };
}

describe('formatComparison', () => {
  test('shows both times, and says how often the first places agree', () => {
    expect(formatComparison(comparisonOf(6000, 600))).toBe(
      '  by text  6.00 s   50 postings/s  201 tokens each\n' +
        '  by id    0.60 s  500 postings/s   18 tokens each\n' +
        'The server had stored the 300 postings in 0.90 s, shortened to 18 of 201 tokens on average, so ranking them ' +
        'by id was 10.0 times as fast, and 9 of the first 10 places went to the same postings.\n',
    );
  });

  test('does not claim a gain where there is none', () => {
    expect(formatComparison(comparisonOf(20_000, 20_001))).toMatch(
      /^ {2}by text {2}20\.0 s[^]*ranking them by id was no faster, and/,
    );
  });
});

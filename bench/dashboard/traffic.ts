import { createItemClient } from '../../src/client/item-client.ts';
import { createRankingClient, type WireRankRequestInput } from '../../src/client/client.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { at } from '../../src/base/at.ts';

const timeoutMs = 20_000;
const pauseMs = 500;

/** Ranks stored items, one request at a time, so that the server has capacity to spare. */
export async function makeQuietTraffic(address: string, lengthMs: number): Promise<void> {
  const { postings, queries } = await readDemoData('models/demo');
  const candidates = postings.slice(0, 10).map(({ id }) => ({ id }));
  const client = createRankingClient(address);
  const endAtMs = performance.now() + lengthMs;
  for (let round = 0; performance.now() < endAtMs; round++) {
    const { query } = at(queries, round % queries.length);
    await client.rank({ query: `${query}, quiet ${round}`, candidates }, timeoutMs);
    await new Promise((resolve) => setTimeout(resolve, 2 * pauseMs));
  }
  client.close();
}

/** Traffic of every kind that the board shows, for a while: good, bad, late, stored, deferrable. */
export async function makeTraffic(address: string, lengthMs: number): Promise<void> {
  const { postings, queries } = await readDemoData('models/demo');
  const items = createItemClient(address);
  const stored = postings.slice(0, 60).map(({ id, title, text }) => ({
    id,
    version: '1',
    title,
    text,
  }));
  await items.put([stored], () => undefined, timeoutMs);
  const client = createRankingClient(address);
  const endAtMs = performance.now() + lengthMs;
  const asks: Promise<unknown>[] = [];
  for (let round = 0; performance.now() < endAtMs; round++) {
    const { query, candidates } = at(queries, round % queries.length);
    const texts = candidates.map(({ text, title }) => ({
      text,
      title,
    }));
    const fresh = `${query} ${round}`;
    for (const [request, limitMs] of [
      [{ query: fresh, candidates: texts.slice(0, 12) }, timeoutMs],
      [{ query, candidates: texts.slice(0, 12) }, timeoutMs],
      [{ query: fresh, candidates: stored.slice(0, 20).map(({ id }) => ({ id })) }, timeoutMs],
      [
        { query: fresh, candidates: texts.slice(12, 16), priority: 'PRIORITY_DEFERRABLE' },
        timeoutMs,
      ],
      [{ query: fresh, candidates: texts.slice(0, 50), maxCandidateTokens: 24 }, 300],
      [
        {
          query: fresh,
          candidates: [{ text: '' }, ...texts.slice(0, 2)],
          onBadCandidate: 'ON_BAD_CANDIDATE_SKIP',
        },
        timeoutMs,
      ],
      [{ query: '', candidates: [] }, timeoutMs],
      [{ query: fresh, candidates: [{ id: `missing ${round}` }] }, timeoutMs],
    ] as const satisfies readonly (readonly [WireRankRequestInput, number])[]) {
      // Refusals and late answers are part of the traffic.
      asks.push(client.rank(request, limitMs).catch(() => undefined));
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await Promise.all(asks);
  client.close();
  items.close();
}

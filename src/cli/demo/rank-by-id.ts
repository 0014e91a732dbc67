import { formatTable } from '../../base/format-table.ts';
import type { RankingClient, WireRankResponse } from '../../client/client.ts';
import type { ItemClient, WirePutItemsResponse } from '../../client/item-client.ts';
import type { Passage } from '../../eval/data/beir.ts';
import { printLine } from '../shared/standard-error.ts';
import { whileWaiting } from '../shared/while-waiting.ts';

/** One query ranked by the texts of the request, and by ids of the item store. */
export interface Comparison {
  readonly postings: number;
  readonly putMs: number;
  readonly byText: Timed;
  readonly byId: Timed;
}

interface Timed {
  readonly ms: number;
  readonly reply: Pick<WireRankResponse, 'usage' | 'results'>;
}

export interface Clients {
  readonly ranking: Pick<RankingClient, 'rank'>;
  readonly items: Pick<ItemClient, 'put'>;
}

const messageItems = 100;

/**
 * Puts the postings into the server's item store, then ranks them for the query by text and by id.
 *
 * @throws Error when a posting was not stored; CallError.
 */
export async function compareById(
  { ranking, items }: Clients,
  { query, postings }: { readonly query: string; readonly postings: readonly Passage[] },
  timeoutMs: number,
): Promise<Comparison> {
  const putMs = await timed(async () => {
    let stored = 0;
    const onAnswer = ({ put }: WirePutItemsResponse) => (stored += put?.stored ?? 0);
    await items.put(toMessages(postings), onAnswer, timeoutMs);
    if (stored !== postings.length) {
      throw new Error(`${stored} of ${postings.length} postings were stored; this is a bug`);
    }
  });
  const rank = async (candidates: readonly { readonly id: string }[]): Promise<Timed> => {
    const startedAtMs = performance.now();
    // Kept scores of the queries before would make one of the two look faster than it is.
    const request = { query, candidates: [...candidates], noCache: true };
    const reply = await ranking.rank(request, timeoutMs);
    return { ms: performance.now() - startedAtMs, reply };
  };
  const byText = await whileWaiting('ranking', rank(postings), printLine);
  const byId = await whileWaiting('ranking', rank(postings.map(({ id }) => ({ id }))), printLine);
  return { postings: postings.length, putMs, byText, byId };
}

function toMessages(postings: readonly Passage[]) {
  const count = Math.ceil(postings.length / messageItems);
  return Array.from({ length: count }, (_, n) =>
    postings
      .slice(n * messageItems, (n + 1) * messageItems)
      .map(({ id, title, text }) => ({ id, title, text, version: 1 })),
  );
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

/** Both times, and a sentence that says what happened. */
export function formatComparison({ postings, putMs, byText, byId }: Comparison): string {
  const row = (name: string, { ms, reply }: Timed) => [
    name,
    seconds(ms),
    `${Math.round((1000 * postings) / ms)} postings/s`,
    `${tokensOf(reply, postings)} tokens each`,
  ];
  const first = Math.min(10, postings);
  const kept = placesKept(byText.reply, byId.reply, first);
  const times = byText.ms / byId.ms;
  return (
    formatTable([row('  by text', byText), row('  by id', byId)]) +
    `The server had stored the ${postings} postings in ${seconds(putMs)}, shortened to ` +
    `${tokensOf(byId.reply, postings)} of ${tokensOf(byText.reply, postings)} tokens on average, so ranking them by id ` +
    `${times >= 1 ? `was ${times.toFixed(1)} times as fast` : 'was no faster'}, and ${kept} of the first ${first} places ` +
    'went to the same postings.\n'
  );
}

function tokensOf({ usage }: Timed['reply'], postings: number): number {
  return Math.round((usage?.candidateTokens ?? 0) / postings);
}

/** How many of the first places of one answer are among those of the other. */
function placesKept(one: Timed['reply'], other: Timed['reply'], first: number): number {
  const best = new Set(one.results.slice(0, first).map(({ index }) => index));
  return other.results.slice(0, first).filter(({ index }) => best.has(index)).length;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

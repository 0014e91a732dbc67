import { at } from '../../src/base/at.ts';
import type { RankingClient, WireRankResponse } from '../../src/client/client.ts';
import type { ItemClient, WireItem } from '../../src/client/item-client.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { compareScores, type ScoreMatch } from './figures.ts';

export interface StoredRanking {
  readonly candidates: number;
  /** How many were read from a near-line summary, a fast one, or their whole text. */
  readonly sources: Readonly<Record<string, number>>;
  readonly match: ScoreMatch;
  /** Candidates/s, medians of the rounds, with the mean tokens of a candidate. */
  readonly speeds: readonly Speed[];
}

export interface Speed {
  readonly name: string;
  readonly candidatesPerSecond: number;
  readonly tokens: number;
  /** Relative to ranking by id: the median over rounds. */
  readonly ratio: number;
}

export interface StoredOptions {
  readonly query: string;
  readonly ids: readonly string[];
  readonly rounds: number;
  readonly timeoutMs: number;
}

/** Ranks stored items by id, by the texts of their summaries and by their whole texts, in turns. */
export async function rankStored(
  { ranking, items }: { readonly ranking: RankingClient; readonly items: ItemClient },
  { query, ids, rounds, timeoutMs }: StoredOptions,
): Promise<StoredRanking> {
  const found: WireItem[] = [];
  for (const id of ids) {
    found.push(await items.get(id, timeoutMs));
  }
  const ways = [
    { name: 'by id', candidates: ids.map((id) => ({ id })) },
    { name: 'by text of summaries', candidates: found.map((item) => textOf(item, true)) },
    { name: 'by whole text', candidates: found.map((item) => textOf(item, false)) },
  ];
  const runs = ways.map((): Run[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < ways.length; turn += 1) {
      const place = (turn + round) % ways.length;
      const { candidates } = at(ways, place);
      const startedAtMs = performance.now();
      const reply = await ranking.rank({ query, candidates, noCache: true }, timeoutMs);
      at(runs, place).push({ seconds: (performance.now() - startedAtMs) / 1000, reply });
    }
  }
  const replyOf = (place: number) => at(at(runs, place), 0).reply;
  const byId = at(runs, 0);
  return {
    candidates: ids.length,
    sources: countSources(replyOf(0)),
    match: compareScores(scoresOf(replyOf(0)), scoresOf(replyOf(1))),
    speeds: ways.map(({ name }, place) => describeSpeed(name, at(runs, place), byId)),
  };
}

interface Run {
  readonly seconds: number;
  readonly reply: WireRankResponse;
}

/** The item as a candidate with its text, which has no id, so that nothing is looked up. */
function textOf({ source, summary }: WireItem, isShort: boolean) {
  const { title = '', text = '' } = source ?? {};
  return { title, text: isShort ? (summary?.text ?? text) : text };
}

function scoresOf({ results }: WireRankResponse): ReadonlyMap<number, number> {
  return new Map(results.flatMap(({ index, scored, score }) => (scored ? [[index, score]] : [])));
}

function countSources({ results }: WireRankResponse): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { textSource } of results) {
    const name = textSource.replace('TEXT_SOURCE_', '').toLowerCase();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

function describeSpeed(name: string, runs: readonly Run[], byId: readonly Run[]): Speed {
  const { usage } = at(runs, 0).reply;
  const { candidates = 0, candidateTokens = 0 } = usage ?? {};
  return {
    name,
    candidatesPerSecond: candidates / median(runs.map(({ seconds }) => seconds)),
    tokens: candidateTokens / candidates,
    ratio: median(runs.map(({ seconds }, round) => at(byId, round).seconds / seconds)),
  };
}

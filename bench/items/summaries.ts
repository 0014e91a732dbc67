import type { Passage } from '../../src/eval/data/beir.ts';
import { awaitSummaries } from './check.ts';
import { makeItems, Putter } from './putter.ts';
import type { ItemServer } from './served.ts';

export interface Summaries {
  /** The text that stands for each candidate. */
  readonly texts: ReadonlyMap<string, string>;
  /** Candidates by what made their summary; 'none' for those without one. */
  readonly methods: Readonly<Record<string, number>>;
}

const callTimeoutMs = 60_000;
const putTimeoutMs = 3_600_000;
const messageItems = 50;

/** Puts the passages, waits until none is stale, and reads the summaries. */
export async function putAndRead(
  { items }: Pick<ItemServer, 'items'>,
  passages: readonly Passage[],
  { waitMs, say }: { readonly waitMs: number; readonly say: (line: string) => void },
): Promise<Summaries> {
  const putter = new Putter(makeItems(passages, passages.length), messageItems);
  await putter.put(items, undefined, () => undefined, putTimeoutMs);
  say(`${passages.length} candidates are stored`);
  const { doneMs, samples } = await awaitSummaries(items, waitMs, say);
  if (doneMs === undefined) {
    say(`${samples.at(-1)?.stale ?? '?'} still have no current summary; their present ones count`);
  }
  const texts = new Map<string, string>();
  const methods = new Map<string, number>();
  for (const { id, text } of passages) {
    const { summary } = await items.get(id, callTimeoutMs);
    const method = summary?.method ?? 'none';
    texts.set(id, summary?.text ?? text);
    methods.set(method, (methods.get(method) ?? 0) + 1);
  }
  return { texts, methods: Object.fromEntries(methods) };
}

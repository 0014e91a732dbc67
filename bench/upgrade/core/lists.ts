import { at } from '../../../src/base/at.ts';
import { createRandom } from '../../../src/base/random.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { readManifest } from '../../../src/model/manifest.ts';
import { createPipeline } from '../../../src/pipeline/create-pipeline.ts';
import { rankRequest } from '../../rank-request.ts';
import type { Pair } from './models.ts';

/** One page of a list: what one request ranks. */
export interface Page {
  readonly query: string;
  readonly texts: readonly string[];
}

/** A list that is ranked page by page. */
export type List = readonly Page[];

/** p(yes) of each text of each page, by score fingerprint. */
export interface Reference {
  readonly a: string;
  readonly b: string;
  /** The largest difference of the scores from the reference ones of the named model. */
  error(fingerprint: string, page: Page, scores: readonly number[]): number;
  /** The share of texts whose two reference scores differ by more than twice the tolerance. */
  readonly tellable: number;
}

/** Of p(yes): what int8 may differ by in other packed shapes (docs/exactness.md). */
export const tolerance = 2e-3;

const words = 'night shift nurse warehouse driver senior account clerk data engineer welder'.split(
  ' ',
);

/** Deterministic. */
export function makeLists(count: number, pages: number): readonly List[] {
  const random = createRandom(7);
  const text = (most: number) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () =>
      at(words, Math.floor(random() * words.length)),
    ).join(' ');
  return Array.from({ length: count }, () => {
    const query = text(4);
    return Array.from({ length: pages }, () => ({
      query,
      texts: Array.from({ length: 4 }, () => text(12)),
    }));
  });
}

/** The scores of both models, each by a pipeline of its own in this process. */
export async function makeReference(pair: Pair, lists: readonly List[]): Promise<Reference> {
  const [a, b] = [await scoreAll(pair.a, lists), await scoreAll(pair.b, lists)];
  const all = new Map([
    [a.fingerprint, a.scores],
    [b.fingerprint, b.scores],
  ]);
  const differences = [...a.scores].flatMap(([page, scores]) =>
    scores.map((score, i) => Math.abs(score - at(b.scores.get(page) ?? [], i))),
  );
  return {
    a: a.fingerprint,
    b: b.fingerprint,
    error: (fingerprint, page, scores) => {
      const wanted = all.get(fingerprint)?.get(page) ?? [];
      return wanted.length === scores.length
        ? Math.max(...scores.map((score, i) => Math.abs(score - at(wanted, i))))
        : Number.POSITIVE_INFINITY;
    },
    tellable: differences.filter((each) => each > 2 * tolerance).length / differences.length,
  };
}

async function scoreAll(folder: string, lists: readonly List[]) {
  const manifest = await readManifest(folder);
  const config = { ...parseConfig({}, ['--devices=cpu:1'], 2), model: folder };
  const pipeline = createPipeline({ config, manifest });
  await pipeline.warm();
  const scores = new Map<Page, readonly number[]>();
  for (const page of lists.flat()) {
    const { results } = await pipeline.rank(rankRequest(page.query, page.texts), {
      deadlineAtMs: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
      client: '',
      traceparent: undefined,
    });
    scores.set(
      page,
      results.toSorted((x, y) => x.index - y.index).map(({ score }) => score),
    );
  }
  await pipeline.drain();
  return { fingerprint: manifest.fingerprint, scores };
}

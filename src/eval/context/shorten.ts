import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { mapInOrder } from '../../base/in-order.ts';
import type { Compressor } from '../../compress/compressor.ts';
import type { Passage } from '../data/beir.ts';
import { openKeptLines } from '../report/scores/kept-lines.ts';

export interface ShortenOptions {
  /** The folder where compressed texts are kept between two reports. */
  readonly state: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Called with the number of texts that are done, those of earlier reports included. */
  readonly onProgress: (done: number) => void;
}

export interface ShortenedTexts {
  readonly texts: ReadonlyMap<string, string>;
  /** Over all reports that compressed some of them; undefined without texts. */
  readonly postingsPerSecond: number | undefined;
}

/** Texts in work at once: enough for full batches of the ranker. */
const mostAtOnce = 48;

/**
 * Compresses all texts without their titles, so that a row shows the same text whether the title is
 * shown or hidden. What an earlier report with the same compressor and texts has kept is read back.
 * Each kept line has the seconds since the one before, so that all of them give the time of work.
 *
 * @throws the first error of the compressor, in the order of the texts.
 */
export async function shortenAll(
  passages: readonly Passage[],
  compressor: Compressor,
  { state, clock, onProgress }: ShortenOptions,
): Promise<ShortenedTexts> {
  const file = join(state, `compressed-${compressor.version}-${hashOf(passages)}.jsonl`);
  const kept = await openKeptLines(file);
  const texts = new Map(kept.records.map((line) => [line.text('id'), line.text('text')]));
  let secondsOfWork = kept.records.reduce((sum, line) => sum + line.number('seconds'), 0);
  const left = passages.filter(({ id }) => !texts.has(id));
  let lastAtMs = clock.nowMs();
  const results = mapInOrder(left, { most: mostAtOnce }, async ({ id, text }) => {
    return { id, text: (await compressor.compress({ text })).text };
  });
  for await (const { id, text } of results) {
    const nowMs = clock.nowMs();
    const seconds = (nowMs - lastAtMs) / 1_000;
    lastAtMs = nowMs;
    secondsOfWork += seconds;
    texts.set(id, text);
    await kept.append({ id, text, seconds });
    onProgress(texts.size);
  }
  return { texts, postingsPerSecond: texts.size === 0 ? undefined : texts.size / secondsOfWork };
}

function hashOf(passages: readonly Passage[]): string {
  return sha256(JSON.stringify(passages.map(({ id, text }) => [id, text]))).slice(0, 16);
}

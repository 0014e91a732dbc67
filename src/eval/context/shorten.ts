import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { Compressor } from '../../compress/compressor.ts';
import type { Passage } from '../data/beir.ts';
import { forEachInFlight } from '../rank/in-flight.ts';
import { openKeptLines } from '../report/scores/kept-lines.ts';
import type { ShortenedRow } from './measure-context.ts';

export interface ShortenOptions {
  readonly name: string;
  /** The folder where compressed texts are kept between two reports. */
  readonly state: string;
  readonly onProgress: (done: number) => void;
}

/** Texts in work at once: enough for full batches of the ranker. */
const mostAtOnce = 48;

/**
 * Compresses all texts without their titles, so that a row shows the same text whether the title is
 * shown or hidden. What an earlier report with the same compressor and texts has kept is read back.
 *
 * @throws the first error of the compressor.
 */
export async function shortenAll(
  passages: readonly Passage[],
  compressor: Compressor,
  { name, state, onProgress }: ShortenOptions,
): Promise<ShortenedRow> {
  const { method, version } = compressor;
  const file = join(state, `compressed-${version}-${hashOf(passages)}.jsonl`);
  const kept = await openKeptLines(file);
  const texts = new Map(kept.records.map((line) => [line.text('id'), line.text('text')]));
  const left = passages.filter(({ id }) => !texts.has(id));
  const startedAtMs = systemClock.nowMs();
  let done = 0;
  const inFlight = { lanes: mostAtOnce, signal: new AbortController().signal };
  await forEachInFlight(left, inFlight, async ({ id, text }, stop) => {
    const result = await compressor.compress({ text }, stop);
    texts.set(id, result.text);
    await kept.append({ id, text: result.text });
    done += 1;
    onProgress(done);
  });
  const seconds = (systemClock.nowMs() - startedAtMs) / 1_000;
  return {
    name,
    method,
    version,
    postingsPerSecond: left.length === passages.length ? left.length / seconds : undefined,
    texts: { titles: texts, 'no-titles': texts },
  };
}

function hashOf(passages: readonly Passage[]): string {
  const hash = createHash('sha256');
  passages.forEach(({ id, text }) => hash.update(JSON.stringify([id, text])));
  return hash.digest('hex').slice(0, 16);
}

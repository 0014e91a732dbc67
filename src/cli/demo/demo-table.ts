import { clamp } from '../../base/clamp.ts';
import type { DemoQuery } from '../../eval/data/demo-data.ts';
import type { WireRankResponse } from '../../client/client.ts';
import { fit, oneLine, pad, widthOf } from '../shared/fit-text.ts';

export interface TableShape {
  /** How many places are shown. */
  readonly top: number;
  /** Width of the terminal, in characters. */
  readonly columns: number;
}

const barWidth = 10;
const narrowestTitle = 20;
const widestTitleBesideText = 48;
/** A narrower piece of text would say nothing, so it is left out. */
const narrowestText = 25;
const head = `  place  before  ${'match'.padEnd(barWidth + 5)}  `;

/**
 * An answer as a table: the best places, each with the place before, the score, the title and, in
 * wide terminals, how the text begins.
 */
export function formatAnswer(
  { candidates }: Pick<DemoQuery, 'candidates'>,
  { results }: Pick<WireRankResponse, 'results'>,
  { top, columns }: TableShape,
): string {
  const shown = results.slice(0, top).map(({ index, score }) => {
    const posting = candidates[index];
    if (posting === undefined) {
      throw new Error(`result ${index} of ${candidates.length} candidates; this is a bug`);
    }
    return { before: index + 1, score, title: oneLine(posting.title), text: oneLine(posting.text) };
  });
  const room = Math.max(narrowestTitle, columns - head.length);
  const layOut = layOutTexts(
    shown.map(({ title }) => title),
    room,
  );
  const rows = shown.map(({ before, score, title, text }, place) => {
    const numbers = `  ${String(place + 1).padStart(5)}  ${String(before).padStart(6)}`;
    return `${numbers}  ${bar(score)}  ${layOut(title, text)}`;
  });
  const lines = [`${head}${layOut('title', 'text')}`, ...rows];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Divides the rest of the line, `room` characters wide, between title and text. */
function layOutTexts(
  titles: readonly string[],
  room: number,
): (title: string, text: string) => string {
  if (room < widestTitleBesideText + 2 + narrowestText) {
    return (title) => fit(title, room);
  }
  const longest = Math.max(...titles.map(widthOf));
  const titleWidth = clamp(longest, narrowestTitle, widestTitleBesideText);
  return (title, text) =>
    `${pad(fit(title, titleWidth), titleWidth)}  ${fit(text, room - titleWidth - 2)}`;
}

/** A share from 0 to 1 as a bar and in percent. */
function bar(share: number): string {
  const blocks = '█'.repeat(Math.round(barWidth * share)).padEnd(barWidth, '·');
  return `${blocks} ${String(Math.round(100 * share)).padStart(3)}%`;
}

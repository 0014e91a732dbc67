import type { DemoQuery } from '../eval/demo-data.ts';
import { formatTable } from '../format-table.ts';
import type { WireRankResponse } from '../server/client.ts';

export interface TableShape {
  /** Places shown. */
  readonly top: number;
  /** Width of the terminal, in characters. */
  readonly columns: number;
}

const narrowestTitle = 20;

/** An answer for people: the best places, each with its place in the first stage's list, and where the time went. */
export function formatAnswer(
  { query, candidates }: DemoQuery,
  reply: WireRankResponse,
  { top, columns }: TableShape,
): string {
  const cells = reply.results.slice(0, top).map((result, place) => ({
    numbers: [
      String(place + 1),
      result.score.toFixed(4),
      String(result.index + 1),
      String(result.tokens),
    ],
    title: candidates[result.index]?.title ?? '',
    flags: [result.truncated ? 'cut' : '', result.scored ? '' : 'not scored'].filter(Boolean),
  }));
  const flagged = cells.some(({ flags }) => flags.length > 0);
  const head = ['place', 'p(yes)', 'was', 'tokens'];
  const numbers = formatTable([head, ...cells.map((row) => row.numbers)])
    .trimEnd()
    .split('\n');
  const room = columns - (numbers[0]?.length ?? 0) - 4 - (flagged ? '  cut, not scored'.length : 0);
  const texts = cells.map(({ title, flags }) => [
    fit(title, Math.max(narrowestTitle, room)),
    ...(flags.length > 0 ? [flags.join(', ')] : []),
  ]);
  const lines = numbers.map((row, i) => {
    const [title = 'title', flags] = texts[i - 1] ?? [];
    return `  ${row}  ${flags === undefined ? title : `${title}  ${flags}`}`;
  });
  return `"${query}"\n${lines.join('\n')}\n  ${timesOf(reply)}\n`;
}

function timesOf({ times, usage }: WireRankResponse): string {
  if (times === null || usage === null) {
    return 'no times were given';
  }
  const stages = [
    ['encode', times.encodeMs],
    ['queue', times.queueMs],
    ['run', times.runMs],
    ['total', times.totalMs],
  ] as const;
  const perSecond = (1000 * usage.scored) / times.totalMs;
  return [
    stages.map(([name, ms]) => `${name} ${ms.toFixed(ms < 10 ? 1 : 0)} ms`).join(', '),
    `${usage.scored} candidates, ${usage.packedTokens} tokens, ${perSecond.toFixed(1)} candidates/s`,
  ].join('; ');
}

/** Whole code points, so that no character is cut in half. */
function fit(text: string, width: number): string {
  const points = Array.from(text.replace(/\s+/g, ' '));
  return points.length <= width ? points.join('') : `${points.slice(0, width - 3).join('')}...`;
}

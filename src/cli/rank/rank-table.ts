import type { RankedCandidate, Ranking } from '../../eval/rank/rank-candidates.ts';
import { formatTable } from '../../base/format-table.ts';
import { fit, oneLine, pad, widthOf } from '../shared/fit-text.ts';

export interface RankTableShape {
  /** How many places are shown. */
  readonly top: number;
  /** Width of the terminal, in characters. */
  readonly columns: number;
}

const narrowestLabel = 20;
/** The length of a UUID. */
const widestId = 36;

/** A ranking as a table. `before` is a candidate's place in the file. */
export function formatRanking({ query, candidates }: Ranking, shape: RankTableShape): string {
  const shown = candidates.slice(0, shape.top);
  const head = { numbers: ['place', 'before', 'score'], id: 'id', label: 'title or text' };
  const rows = [head, ...shown.map(toRow)];
  const numbers = formatTable(rows.map((row) => ['', ...row.numbers])).split('\n');
  const idWidth = Math.max(...rows.map(({ id }) => widthOf(id)));
  const lines = rows.map(({ id, label }, i) => {
    const start = `${numbers[i]}  ${pad(id, idWidth)}  `;
    return `${start}${fit(label, Math.max(narrowestLabel, shape.columns - start.length))}`;
  });
  const count = `${shown.length} of ${candidates.length} candidates`;
  return `"${oneLine(query)}", ${count}\n${lines.map((line) => `${line.trimEnd()}\n`).join('')}`;
}

/** A ranking as JSON lines, best first. */
export function formatJsonLines({ query, candidates }: Ranking, top: number): string {
  return candidates
    .slice(0, top)
    .map(({ id, score, tokens, truncated }, i) =>
      JSON.stringify({ query, rank: i + 1, id, score, tokens, truncated }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function toRow({ id, label, place, score }: RankedCandidate, index: number) {
  return {
    numbers: [String(index + 1), String(place), score.toFixed(4)],
    id: fit(oneLine(id), widestId),
    label: oneLine(label),
  };
}

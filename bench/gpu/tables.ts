import { at } from '../../src/base/at.ts';
import type { Row } from './plan.ts';

/** The tables' titles, in their order. Rows name their table in the field `table`. */
const titles: Readonly<Record<string, string>> = {
  scores: 'Scores of the device in fp16, and of the CPU in fp32 (largest difference of a logit)',
  rates: 'Candidates a second, one replica, graphs in turns',
  server: 'The server over gRPC with text, closed loop',
  choices: 'What the server chose',
  verify: 'The real model against the reference',
  replicas: 'Replicas on one device',
  cycles: 'A replica added and removed beside a busy one',
  nodes: 'Nodes of a run',
  operators: 'Time by operator (CUDA: launches block)',
  gemm: 'The most that the device does in this runtime',
  errors: 'What failed',
};

/** A Markdown table for each kind of rows; a column for each field that one of them has. */
export function formatTables(rows: readonly Row[]): string {
  return Object.entries(titles)
    .map(([table, title]) => ({ title, own: rows.filter((row) => row['table'] === table) }))
    .filter(({ own }) => own.length > 0)
    .map(({ title, own }) => `## ${title}\n\n${formatOne(own)}\n`)
    .join('\n');
}

function formatOne(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (column) => column !== 'table',
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const isNumber = (column: string) => rows.some((row) => typeof row[column] === 'number');
  return [
    line(columns),
    line(columns.map((column) => (isNumber(column) ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map((column) => formatCell(row[column])))),
  ].join('\n');
}

/** One line for a terminal. */
export function formatRow({ table, ...fields }: Row): string {
  const cells = Object.entries(fields).map(([name, value]) => `${name} ${formatCell(value)}`);
  return `${String(table)}: ${cells.join(', ')}`;
}

export function formatCell(value: string | number | undefined): string {
  if (typeof value === 'number') {
    const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
    return Math.abs(value) < 0.001 && value !== 0
      ? value.toExponential(1)
      : String(Number(value.toFixed(digits)));
  }
  return (value ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A measured value beside its aim. */
export function againstAim(measured: number, aim: number | undefined): Row {
  return aim === undefined ? {} : { aim, 'of the aim': `${Math.round((100 * measured) / aim)} %` };
}

/** The quantile of some values, by the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return at(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
}

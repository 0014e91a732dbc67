import { formatSigned, formatTable } from '../../base/format-table.ts';
import { describeSide, type FirstPlaces, type GateCondition, type GateResult } from './gate.ts';

export interface GateNames {
  /** The reference model. */
  readonly reference: string;
  /** A sentence on the side that was not judged. */
  readonly skipped: string | undefined;
}

/** The gate as text: a table of conditions, the first places, and the verdict. */
export function formatGate(result: GateResult, { reference, skipped }: GateNames): string {
  const head = ['', 'queries', 'reference', 'model', 'change', '95 %', 'at least', ''];
  const lines = [
    `Against ${reference}; changes are relative, intervals are paired by query:`,
    '',
    formatTable([head, ...result.conditions.map(toCells)]),
    ...result.firstPlaces.map((each) => describeFirstPlaces(each, reference)),
    ...(skipped === undefined ? [] : [skipped]),
    `Gate: ${describeVerdict(result)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function toCells(condition: GateCondition): string[] {
  const { name, queries, reference, found, change, limit, passed } = condition;
  return [
    name,
    String(queries),
    reference.toFixed(4),
    found.toFixed(4),
    signed(change.mean),
    `${signed(change.low)}..${signed(change.high)}`,
    signed(-limit),
    passed ? 'ok' : 'FAIL',
  ];
}

function describeFirstPlaces(
  { titles, queries, changed, medianDifference }: FirstPlaces,
  reference: string,
): string {
  const share = queries === 0 ? 0 : (100 * changed) / queries;
  const apart =
    medianDifference === undefined
      ? ''
      : `, by a median of ${medianDifference.toFixed(4)} in the p(yes) of ${reference}`;
  return `First places ${describeSide(titles)}: ${share.toFixed(1)} % changed (${changed} of ${queries})${apart}; this decides nothing.`;
}

function describeVerdict({ conditions, passed }: GateResult): string {
  const failed = conditions.filter((condition) => !condition.passed);
  return passed ? 'PASS' : `FAIL: ${failed.map(describeFailure).join('; ')}`;
}

function describeFailure({ name, queries }: GateCondition): string {
  return queries === 0 ? `${name} (no judged query in common)` : name;
}

function signed(share: number): string {
  return `${formatSigned(100 * share, 2)} %`;
}

import type { PriorityClass } from './events.ts';
import { JsonRecord } from '../base/files/json-record.ts';

/**
 * The shape of one request, without its texts. Traffic capture writes it as one line of JSON; the
 * load suite and the simulator replay it.
 */
export interface TrafficShape {
  /** Unix milliseconds of the arrival; after `parseTraffic`, milliseconds after the first. */
  readonly atMs: number;
  /** Instruction, query, context and the template around them. */
  readonly prefixTokens: number;
  /** Of each candidate's title and text after truncation, without the template's suffix. */
  readonly candidateTokens: readonly number[];
  /** What the template adds to each candidate; undefined when no reply has shown it. */
  readonly suffixTokens?: number | undefined;
  /** The time left at the arrival; undefined when there was no deadline. */
  readonly deadlineMs: number | undefined;
  readonly class: PriorityClass;
}

const tokens = { min: 0, max: 1_000_000 };

/** One line, with its line end. */
export function formatShape(shape: TrafficShape): string {
  return `${JSON.stringify({ ...shape, atMs: tenths(shape.atMs) })}\n`;
}

/**
 * The captured requests in order of arrival, the first at 0. A last line without a line end is
 * ignored: the writer was interrupted.
 *
 * @throws RankError naming the line and the field.
 */
export function parseTraffic(text: string, where: string): readonly TrafficShape[] {
  const lines = text.split('\n').slice(0, -1);
  const shapes = lines.flatMap((line, i) =>
    line === '' ? [] : [parseShape(line, `${where}, line ${i + 1}`)],
  );
  const firstAtMs = shapes.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
  return shapes
    .map((shape) => ({ ...shape, atMs: tenths(shape.atMs - firstAtMs) }))
    .sort((a, b) => a.atMs - b.atMs);
}

function parseShape(line: string, where: string): TrafficShape {
  const json = JsonRecord.parse(line, where);
  return {
    atMs: json.number('atMs'),
    prefixTokens: json.count('prefixTokens', tokens),
    candidateTokens: json.counts('candidateTokens', tokens),
    suffixTokens: json.has('suffixTokens') ? json.count('suffixTokens', tokens) : undefined,
    deadlineMs: json.has('deadlineMs') ? json.amount('deadlineMs') : undefined,
    class: json.oneOf('class', ['interactive', 'deferrable']),
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

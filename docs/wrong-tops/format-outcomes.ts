import type { RankedCandidate } from '../../src/eval/rank/rank-candidates.ts';
import { type Outcome, summarize } from './outcomes.ts';
import type { Case } from './read-cases.ts';

const maxCharacters = 60;

export interface ModelOutcomes {
  readonly model: string;
  /** Every model has outcomes of the same cases. */
  readonly outcomes: readonly Outcome[];
}

/** A Markdown table of the classes, with how many cases each model gets right. */
export function formatClasses(models: readonly ModelOutcomes[]): string {
  const heads = models.flatMap(({ model }) => [`right first, ${model}`, 'MRR']);
  const results = models.map(({ outcomes }) => summarize(outcomes));
  const [classes = []] = results;
  const rows = classes.map(({ class: name, cases, byChance }) => [
    name,
    String(cases),
    byChance.toFixed(1),
    ...results.flatMap((rowsOfModel) =>
      rowsOfModel
        .filter((row) => row.class === name)
        .flatMap(({ right, reciprocalRank }) => [String(right), reciprocalRank.toFixed(2)]),
    ),
  ]);
  return formatMarkdown([['class', 'cases', 'by chance', ...heads], ...rows]);
}

/** The cases in which a wanted candidate is first, with the best other candidate. */
export function formatRight(outcomes: readonly Outcome[]): string {
  const rows = outcomes
    .filter(({ place }) => place === 1)
    .map((outcome) => [
      ...namesOf(outcome.case),
      describe(outcome, outcome.wanted),
      describe(outcome, outcome.other),
    ]);
  return formatMarkdown([['class', 'query', 'came first', 'best of the others'], ...rows]);
}

/** The cases in which another candidate is first. */
export function formatWrong(outcomes: readonly Outcome[]): string {
  const rows = outcomes
    .filter(({ place }) => place > 1)
    .map((outcome) => [
      ...namesOf(outcome.case),
      describe(outcome, outcome.other),
      describe(outcome, outcome.wanted),
      String(outcome.place),
    ]);
  return formatMarkdown([['class', 'query', 'came first', 'should have', 'its place'], ...rows]);
}

/** Place and score of the wanted candidate in each of its forms. */
export function formatForms(outcomes: readonly Outcome[]): string {
  const rows = outcomes
    .filter((outcome) => outcome.case.form !== undefined)
    .map(({ case: of, wanted, place }) => [
      of.query,
      of.form ?? '',
      String(place),
      wanted.score.toFixed(3),
    ]);
  return formatMarkdown([['query', 'form', 'place', 'score'], ...rows]);
}

/** "median score of the first place: 0.871 when right, 0.853 when wrong" */
export function formatScores(outcomes: readonly Outcome[]): string {
  const scores = (right: boolean) =>
    median(
      outcomes
        .filter(({ place }) => (place === 1) === right)
        .map(({ wanted, other }) => (right ? wanted : other).score),
    );
  return `median score of the first place: ${scores(true)} when right, ${scores(false)} when wrong\n`;
}

/** The upper of two middle values; "none" without values. */
function median(values: readonly number[]): string {
  const middle = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return middle?.toFixed(3) ?? 'none';
}

function namesOf({ class: name, query, form }: Case): readonly [string, string] {
  return [name, form === undefined ? query : `${query} (${form})`];
}

/** The title, or the end of the text where both candidates have the same title. */
function describe({ case: of, wanted, other }: Outcome, one: RankedCandidate): string {
  const text = textOf(of, one.id);
  return `${other.label === wanted.label ? cutStart(text) : cutEnd(one.label.trim())} ${one.score.toFixed(3)}`;
}

function textOf({ query, candidates }: Case, id: string): string {
  const candidate = candidates.find((each) => each.id === id);
  if (candidate === undefined) {
    throw new Error(`this is a bug: "${query}" has no candidate ${id}`);
  }
  return candidate.text;
}

function cutEnd(text: string): string {
  const points = Array.from(text);
  return points.length <= maxCharacters ? text : `${points.slice(0, maxCharacters - 1).join('')}…`;
}

function cutStart(text: string): string {
  const points = Array.from(text);
  return points.length <= maxCharacters ? text : `…${points.slice(1 - maxCharacters).join('')}`;
}

function formatMarkdown([head = [], ...body]: readonly (readonly string[])[]): string {
  if (body.length === 0) {
    return 'none\n';
  }
  const rows = [head, head.map(() => '---'), ...body];
  return rows.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

/** Keeps a cell from ending its row and from being read as markup. */
function escapeCell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[|<\\`*_]|&(?=[#\w])/g, '\\$&');
}

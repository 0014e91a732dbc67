import { join } from 'node:path';
import { RankError } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import { DataError, dataError, quote } from '../../base/errors.ts';
import { findDataFile, readLines, type Line } from '../../base/files/read-lines.ts';
import type { CandidateText } from '../../encode/encode.ts';

/** A text of the corpus. */
export interface Passage {
  readonly id: string;
  /** Empty when the corpus has none. */
  readonly title: string;
  readonly text: string;
}

export interface Query {
  readonly id: string;
  readonly text: string;
  /** From `metadata.kind`; reports have a row for each kind. */
  readonly kind: string | undefined;
}

/** The text of a passage in the form of a candidate, with its title or without. */
export function candidateText(
  { title, text }: Pick<Passage, 'title' | 'text'>,
  withTitle: boolean,
): CandidateText {
  return { title: withTitle && title !== '' ? title : undefined, text };
}

/** The value of an id that a run names. @throws RankError when the data lacks it. */
export function find<T>(values: ReadonlyMap<string, T>, id: string): T {
  const value = values.get(id);
  if (value === undefined) {
    throw new RankError('invalid-argument', `'${id}' is not in the data`);
  }
  return value;
}

/** Grade of each judged text, by query: whole numbers, relevant above 0. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Gives a gain of 2^32; a larger grade is a sign of a broken file. */
const maxGrade = 32;

/**
 * Reads the texts with the wanted ids. The others are not kept, so that memory grows with the run
 * and not with the corpus.
 *
 * @throws DataError
 */
export async function readCorpus(
  folder: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Passage>> {
  return readPassages(await findDataFile(folder, 'corpus.jsonl'), (id) => wanted.has(id));
}

/**
 * Reads the texts of one file in the corpus's format.
 *
 * @throws DataError, also when two texts have the same id.
 */
export async function readPassages(
  file: string,
  isWanted: (id: string) => boolean = () => true,
): Promise<Map<string, Passage>> {
  const passages = new Map<string, Passage>();
  for await (const line of readLines(file)) {
    const record = parseRecord(line);
    const id = parseId(record);
    if (!isWanted(id)) {
      continue;
    }
    if (passages.has(id)) {
      throw dataError(line, `a second text with _id ${quote(id)}`, 'each _id once');
    }
    const title = record.has('title') ? record.text('title') : '';
    passages.set(id, { id, title, text: record.text('text') });
  }
  return passages;
}

/** @throws DataError */
export async function readQueries(folder: string): Promise<Map<string, Query>> {
  const queries = new Map<string, Query>();
  for await (const line of readLines(await findDataFile(folder, 'queries.jsonl'))) {
    const record = parseRecord(line);
    const id = parseId(record);
    if (queries.has(id)) {
      throw dataError(line, `a second query with _id ${quote(id)}`, 'each _id once');
    }
    queries.set(id, { id, text: record.text('text'), kind: parseKind(record) });
  }
  return queries;
}

/**
 * Reads `qrels/SPLIT.tsv`: lines of query-id, corpus-id and score, separated by tabs, with or
 * without a header line.
 *
 * @throws DataError
 */
export async function readJudgements(folder: string, split: string): Promise<Judgements> {
  const file = await findDataFile(join(folder, 'qrels'), `${split}.tsv`);
  const judgements = new Map<string, Map<string, number>>();
  let isFirst = true;
  for await (const line of readLines(file)) {
    const columns = line.text.split('\t');
    const isHeader = isFirst && columns.length === 3 && !isNumeric(columns[2]);
    isFirst = false;
    if (!isHeader) {
      addJudgement(judgements, columns, line);
    }
  }
  return judgements;
}

function addJudgement(
  judgements: Map<string, Map<string, number>>,
  columns: readonly string[],
  place: Line,
): void {
  const [query, passage, gradeText] = columns;
  if (columns.length !== 3 || !query || !passage || gradeText === undefined) {
    throw dataError(place, quote(place.text), 'query-id, corpus-id and score, tab-separated');
  }
  const grade = Number(gradeText);
  if (!isNumeric(gradeText) || !Number.isInteger(grade) || Math.abs(grade) > maxGrade) {
    throw dataError(place, `the score ${quote(gradeText)}`, `a whole number up to ${maxGrade}`);
  }
  const ofQuery = judgements.get(query) ?? new Map<string, number>();
  const earlier = ofQuery.get(passage);
  if (earlier !== undefined && earlier !== grade) {
    const pair = `${quote(query)} and ${quote(passage)}`;
    throw dataError(place, `grade ${grade} for ${pair}`, `the ${earlier} of an earlier line`);
  }
  ofQuery.set(passage, grade);
  judgements.set(query, ofQuery);
}

function isNumeric(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));
}

function parseRecord(line: Line): JsonRecord {
  return JsonRecord.parse(line.text, `${line.file}:${line.line}`);
}

function parseId(record: JsonRecord): string {
  return record.text('_id', /./, 'text that is not empty');
}

function parseKind(record: JsonRecord): string | undefined {
  const metadata = record.has('metadata') ? record.record('metadata') : undefined;
  return metadata?.has('kind') ? metadata.text('kind') : undefined;
}

/** @throws DataError when ids of a run are missing in the data; names the first of them. */
export function assertNoneMissing(
  what: string,
  ids: Iterable<string>,
  known: ReadonlyMap<string, unknown>,
): void {
  const missing = [...new Set(ids)].filter((id) => !known.has(id));
  if (missing.length > 0) {
    const examples = missing.slice(0, 3).map(quote).join(', ');
    throw new DataError(`the run names ${missing.length} ${what}, such as ${examples}`);
  }
}

import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import { readLines } from '../../base/files/read-lines.ts';
import { createRandom } from '../../base/random.ts';
import { packMasked } from '../../batch/layouts/masked/masked.ts';
import type { MaskedBatch } from '../../batch/layouts/masked/masked-batch.ts';
import { tokenPart } from '../../batch/packed-batch.ts';
import type { RequestEncoder } from '../../encode/encode.ts';
import { createRequestEncoder } from '../../encode/request-encoder.ts';
import type { NormalizeStep } from '../../text/normalize/normalize.ts';
import type { PromptTemplate } from '../../text/template.ts';

/** A template with the normalization steps of its recipe or model. */
export interface CalibrationTemplate extends PromptTemplate {
  readonly normalize?: readonly NormalizeStep[] | undefined;
}

export interface CalibrationOptions {
  /** JSON lines {query, title?, text}, plain or gzip. */
  readonly file: string;
  /** At least one; lines use them in turn. A model that serves both orders needs both. */
  readonly templates: readonly CalibrationTemplate[];
  /** Most tokens to calibrate on. */
  readonly tokens: number;
  /** Longer rows are truncated to this many tokens. */
  readonly rowTokens: number;
  /** Decides which lines are used and which are held out. */
  readonly seed: number;
}

/** Whole rows of token ids: prefix, candidate and suffix in the server's order. */
export interface CalibrationRows {
  readonly rows: readonly Int32Array[];
  /** Never calibrated on: the result is measured with these. */
  readonly heldOut: readonly Int32Array[];
}

/** One line in eight is held out, up to a limit that is enough to compare ways of pruning. */
const heldOutShare = 8;
const mostHeldOut = 32;
/** Tokens of one run: like a server's batch on a CPU. */
const batchTokens = 1024;

interface Line {
  readonly query: string;
  readonly title: string | undefined;
  readonly text: string;
}

/**
 * Encodes the lines of a file for a model with this tokenizer and at most `rowTokens` per row.
 *
 * @throws RankError naming file, line and field, or saying that no row fits within the tokens.
 */
export async function readCalibration(
  options: CalibrationOptions,
  model: { readonly tokenizerPath: string; readonly rowTokens: number },
): Promise<CalibrationRows> {
  const { file, templates, tokens, seed } = options;
  const lines = shuffle(await readTexts(file), seed);
  const rowTokens = Math.min(options.rowTokens, model.rowTokens);
  const limits = { prefixTokens: rowTokens, candidateTokens: rowTokens, rowTokens };
  const { tokenizerPath } = model;
  const encoders = templates.map((template) =>
    createRequestEncoder({ tokenizerPath, template, normalize: template.normalize, limits }),
  );
  const encode = (line: Line, index: number) =>
    encodeRow(at(encoders, index % encoders.length), line, file);
  const heldOutLines = Math.min(mostHeldOut, Math.floor(lines.length / heldOutShare));
  const rows = takeRows(lines.slice(heldOutLines), encode, tokens);
  if (rows.length === 0) {
    throw new RankError(
      'invalid-argument',
      `${file} has ${lines.length} lines; no row fits within ${tokens} tokens`,
    );
  }
  return { rows, heldOut: lines.slice(0, heldOutLines).map(encode) };
}

/** Stops before the row that would exceed the tokens. */
function takeRows(
  lines: readonly Line[],
  encode: (line: Line, index: number) => Int32Array,
  tokens: number,
): Int32Array[] {
  const rows: Int32Array[] = [];
  let left = tokens;
  for (const [index, line] of lines.entries()) {
    const row = encode(line, index);
    left -= row.length;
    if (left < 0) {
      break;
    }
    rows.push(row);
  }
  return rows;
}

/** The fewest first rows that together have at least this many tokens; at least one row. */
export function firstRows(rows: readonly Int32Array[], tokens: number): readonly Int32Array[] {
  let taken = 0;
  return rows.filter(({ length }) => (taken += length) - length < tokens);
}

export function countTokens(rows: readonly Int32Array[]): number {
  return rows.reduce((sum, row) => sum + row.length, 0);
}

/** Groups rows of similar length; a row longer than a batch gets its own. */
export function batchRows(rows: readonly Int32Array[]): readonly MaskedBatch[] {
  const groups: Int32Array[][] = [];
  let left = 0;
  for (const row of rows.toSorted((a, b) => a.length - b.length)) {
    if (row.length > left) {
      groups.push([]);
      left = batchTokens;
    }
    groups.at(-1)?.push(row);
    left -= row.length;
  }
  const prefix = new Int32Array(0);
  return groups.map((group) =>
    packMasked(
      group.map((row) => tokenPart({ prefix, suffixes: [row] })),
      1,
    ),
  );
}

/** Index of each row's last token, where the answer is read. Every row starts at position 0. */
export function rowEnds({ positions }: MaskedBatch): readonly number[] {
  const ends: number[] = [];
  positions.forEach((_, index) => {
    if (index + 1 === positions.length || positions[index + 1] === 0n) {
      ends.push(index);
    }
  });
  return ends;
}

async function readTexts(file: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(file)) {
    const json = JsonRecord.parse(line.text, `${line.file}:${line.line}`);
    const title = json.has('title') ? json.text('title') : undefined;
    lines.push({ query: json.text('query'), title, text: json.text('text') });
  }
  return lines;
}

function encodeRow(encoder: RequestEncoder, line: Line, file: string): Int32Array {
  const outcome = encoder.encode({
    query: line.query,
    instruction: undefined,
    context: undefined,
    candidates: [{ title: line.title, text: line.text }],
    truncation: 'end',
    maxCandidateTokens: undefined,
  });
  if (!outcome.ok) {
    throw new RankError('invalid-argument', `${file}: query '${line.query}': ${outcome.message}`);
  }
  const { prefix, candidates } = outcome.encoded;
  const { ids } = at(candidates, 0);
  const row = new Int32Array(prefix.length + ids.length);
  row.set(prefix);
  row.set(ids, prefix.length);
  return row;
}

/** Fisher-Yates. */
function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = createRandom(seed);
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[other]] = [at(shuffled, other), at(shuffled, i)];
  }
  return shuffled;
}

import { dataError, RankError } from '../../base/errors.ts';
import { readLines } from '../../base/files/read-lines.ts';
import type { PromptTemplate } from '../../text/template.ts';
import { type PackedBatch, tokenPart } from '../../batch/packed-batch.ts';
import { packBatch } from '../../batch/pack-batch.ts';
import type { RequestEncoder } from '../../encode/encode.ts';
import type { NormalizeStep } from '../../text/normalize/normalize.ts';
import { createRequestEncoder } from '../../encode/request-encoder.ts';
import { createRandom } from '../../base/random.ts';

/** A template with what its recipe or model does to callers' texts. */
export interface CalibrationTemplate extends PromptTemplate {
  readonly normalize?: readonly NormalizeStep[] | undefined;
}

export interface CalibrationOptions {
  /** JSON lines {query, title?, text}, plain or gzip. */
  readonly file: string;
  readonly tokenizerPath: string;
  /** Lines take them in turn. At least one. */
  readonly templates: readonly CalibrationTemplate[];
  /** Most tokens to calibrate on. */
  readonly tokens: number;
  /** Longer rows are cut to this. */
  readonly rowTokens: number;
  /** Which lines are taken, and which are held out. */
  readonly seed: number;
}

/** Whole rows of token ids: prefix, candidate and suffix as the server puts them. */
export interface Calibration {
  readonly rows: readonly Int32Array[];
  /** Never calibrated on: what the result is measured with. */
  readonly heldOut: readonly Int32Array[];
}

/** One line in eight is held out, at most so many: enough to compare ways of pruning, little to run. */
const heldOutShare = 8;
const mostHeldOut = 32;
/** Of one run: as a server's on a CPU. */
const batchTokens = 1024;

interface Line {
  readonly query: string;
  readonly title: string | undefined;
  readonly text: string;
}

/** @throws DataError naming file and line; RankError when there is nothing to calibrate on. */
export async function readCalibration(options: CalibrationOptions): Promise<Calibration> {
  const lines = shuffle(await readTexts(options.file), options.seed);
  const limits = {
    prefixTokens: options.rowTokens,
    candidateTokens: options.rowTokens,
    rowTokens: options.rowTokens,
  };
  const { tokenizerPath } = options;
  const encoders = options.templates.map((template) =>
    createRequestEncoder({ tokenizerPath, template, normalize: template.normalize, limits }),
  );
  const encode = (line: Line, at: number) =>
    encodeRow(encoders[at % encoders.length], line, options.file);
  const heldOutLines = Math.min(mostHeldOut, Math.floor(lines.length / heldOutShare));
  const rows = takeRows(lines.slice(heldOutLines), encode, options.tokens);
  if (rows.length === 0) {
    throw new RankError(
      'invalid-argument',
      `${options.file} has ${lines.length} lines; none is calibrated on within ${options.tokens} tokens`,
    );
  }
  return { rows, heldOut: lines.slice(0, heldOutLines).map(encode) };
}

/** Until the tokens are used up; a row is not cut for them. */
function takeRows(
  lines: readonly Line[],
  encode: (line: Line, at: number) => Int32Array,
  tokens: number,
): Int32Array[] {
  const rows: Int32Array[] = [];
  let left = tokens;
  for (const [at, line] of lines.entries()) {
    const row = encode(line, at);
    left -= row.length;
    if (left < 0) {
      break;
    }
    rows.push(row);
  }
  return rows;
}

/** As many as it takes to have so many tokens; one at least. */
export function firstRows(rows: readonly Int32Array[], tokens: number): readonly Int32Array[] {
  let taken = 0;
  return rows.filter(({ length }) => (taken += length) - length < tokens);
}

/** Rows of like length side by side; a longer one than a batch has one of its own. */
export function batchRows(rows: readonly Int32Array[]): readonly PackedBatch[] {
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
    packBatch(
      group.map((row) => tokenPart({ prefix, suffixes: [row] })),
      { attentionGroups: 1 },
    ),
  );
}

/** Packed tokens at which rows end: where the answer is read. A row starts again at position 0. */
export function rowEnds({ positions }: PackedBatch): readonly number[] {
  const ends: number[] = [];
  positions.forEach((_, at) => {
    if (at + 1 === positions.length || positions[at + 1] === 0n) {
      ends.push(at);
    }
  });
  return ends;
}

async function readTexts(file: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of readLines(file)) {
    lines.push(parseLine(line.text, line));
  }
  return lines;
}

function parseLine(text: string, place: { file: string; line: number }): Line {
  const needed = 'an object with texts "query" and "text", and "title" if there is one';
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw dataError(place, 'no JSON', needed);
  }
  const fields = new Map(Object.entries(found ?? {}));
  const [query, title, body] = ['query', 'title', 'text'].map((key) => fields.get(key) as unknown);
  const isTitle = title === undefined || title === null || typeof title === 'string';
  if (typeof query !== 'string' || typeof body !== 'string' || !isTitle) {
    throw dataError(place, `fields ${[...fields.keys()].join(', ')}`, needed);
  }
  return { query, title: title ?? undefined, text: body };
}

function encodeRow(encoder: RequestEncoder | undefined, line: Line, file: string): Int32Array {
  const outcome = encoder?.encode({
    query: line.query,
    instruction: undefined,
    context: undefined,
    candidates: [{ title: line.title, text: line.text }],
    truncation: 'end',
    maxCandidateTokens: undefined,
  });
  if (outcome?.ok !== true) {
    const reason = outcome?.message ?? 'no template';
    throw new RankError('invalid-argument', `${file}: query '${line.query}': ${reason}`);
  }
  const { prefix, candidates } = outcome.encoded;
  const ids = candidates[0]?.ids ?? new Int32Array(0);
  const row = new Int32Array(prefix.length + ids.length);
  row.set(prefix);
  row.set(ids, prefix.length);
  return row;
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = createRandom(seed);
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1));
    const [a, b] = [shuffled[i], shuffled[k]];
    if (a !== undefined && b !== undefined) {
      [shuffled[i], shuffled[k]] = [b, a];
    }
  }
  return shuffled;
}

import { isBlank } from '../../text/normalize/is-blank.ts';
import { parseNumber } from '../shared/option-values.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank rank --query TEXT [OPTIONS] FILE

Ranks the candidates in a file for a query, without a server, and prints the best. Control-C stops it.

  FILE                JSON lines {"id"?, "title"?, "text"}, plain or gzip, or - for standard input; BEIR's _id is read as
                      an id too, and the default id is the line number
  --query TEXT        the query; several of them give several rankings
  --model DIR         a built model (default: SLMRANK_MODEL, or the bundled model, built if it does not exist)
  --score-fingerprint HASH
                      rank only if the model has this score fingerprint, so that scores are comparable with others
  --top N             print the first N places, 0 for all (default: 20, with --json all)
  --skip-bad          skip invalid lines (not JSON, no text, an id for the second time) and list them, instead of stopping
                      at the first
  --json              print JSON lines, best first: query, rank, id, score, tokens, truncated
  --instruction TEXT  what "relevant" means here (default: the model's own instruction)
  --context TEXT      more about the user, such as a profile or a location
  --candidate-tokens N
                      read at most N tokens of a candidate (default: SLMRANK_CANDIDATE_TOKENS)
  --devices SLOTS     in the format of SLMRANK_DEVICES (default: one slot with one thread for each core)

Other settings of the model (context budget, token budget, ...) are read from the SLMRANK_* variables.`;

export interface RankCommandOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly queries: readonly string[];
  readonly model: string | undefined;
  /** The only one that the model may have. */
  readonly scoreFingerprint: string | undefined;
  readonly devices: string | undefined;
  /** Most places to print; Infinity for all. */
  readonly top: number;
  readonly json: boolean;
  /** Whether invalid lines are skipped; otherwise the first one ends the command. */
  readonly skipBad: boolean;
  readonly instruction: string | undefined;
  readonly context: string | undefined;
  readonly candidateTokens: number | undefined;
}

const definitions = {
  query: { type: 'string', multiple: true },
  model: { type: 'string' },
  'score-fingerprint': { type: 'string' },
  top: { type: 'string' },
  json: { type: 'boolean', default: false },
  'skip-bad': { type: 'boolean', default: false },
  instruction: { type: 'string' },
  context: { type: 'string' },
  'candidate-tokens': { type: 'string' },
  devices: { type: 'string' },
} as const;

/** @throws UsageError */
export function parseRankOptions(args: readonly string[]): RankCommandOptions {
  const { values, positionals } = parseOptions(args, usage, definitions);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError(
      `${positionals.length} files are given; one, or - for standard input, is needed\n\n${usage}`,
    );
  }
  const tokens = values['candidate-tokens'];
  return {
    file,
    queries: parseQueries(values.query ?? []),
    model: values.model,
    scoreFingerprint: values['score-fingerprint'],
    devices: values.devices,
    top: values.top === undefined ? (values.json ? Infinity : 20) : parseTop(values.top),
    json: values.json,
    skipBad: values['skip-bad'],
    instruction: absentWhenBlank(values.instruction),
    context: absentWhenBlank(values.context),
    candidateTokens:
      tokens === undefined
        ? undefined
        : parseNumber('candidate-tokens', tokens, { min: 1, whole: true }),
  };
}

function parseQueries(queries: readonly string[]): readonly string[] {
  if (queries.length === 0) {
    throw new UsageError(`--query is missing\n\n${usage}`);
  }
  if (queries.some((query) => isBlank(query))) {
    throw new UsageError('--query is empty or blank; a text is needed');
  }
  return queries;
}

function parseTop(text: string): number {
  const top = parseNumber('top', text, { whole: true });
  return top === 0 ? Infinity : top;
}

/** As for the server, a blank text counts as not given. */
function absentWhenBlank(text: string | undefined): string | undefined {
  return isBlank(text) ? undefined : text;
}

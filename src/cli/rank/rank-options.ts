import { isBlank } from '../../text/normalize/is-blank.ts';
import { parseNumber } from '../shared/option-values.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank rank --query TEXT [OPTIONS] FILE

Ranks the candidates of a file for a query, without a server, and prints the best. Control-C stops it.

  FILE                JSON lines {"id"?, "title"?, "text"}, plain or gzip, or - for standard input; BEIR's _id is an id
                      too, and a candidate without an id has its line's number
  --query TEXT        what is asked; several times for several rankings
  --model DIR         a built model (default: SLMRANK_MODEL, or the one that slmrank serves, built when needed)
  --top N             places shown, 0 for all (default: 20, with --json all)
  --skip-bad          skip lines that are no candidates (not JSON, nothing to read, an id for the second time) and say
                      which, in place of ending at the first
  --json              JSON lines, best first: query, rank, id, score, tokens, truncated
  --instruction TEXT  what "relevant" means here (default: the model's own)
  --context TEXT      more about who asks, such as a profile or a location
  --candidate-tokens N
                      most tokens of a candidate that are read (default: SLMRANK_CANDIDATE_TOKENS)
  --devices SLOTS     as SLMRANK_DEVICES (default: one slot of one thread for every core)

The model's other settings (context budget, token budget, ...) are those of the SLMRANK_* variables.`;

export interface RankCommandOptions {
  /** `-` is standard input. */
  readonly file: string;
  readonly queries: readonly string[];
  readonly model: string | undefined;
  readonly devices: string | undefined;
  /** Infinity for all. */
  readonly top: number;
  readonly json: boolean;
  /** Lines that are no candidates do not end it. */
  readonly skipBad: boolean;
  readonly instruction: string | undefined;
  readonly context: string | undefined;
  readonly candidateTokens: number | undefined;
}

const definitions = {
  query: { type: 'string', multiple: true },
  model: { type: 'string' },
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
      `${positionals.length} files are named; one, or - for standard input, is needed\n\n${usage}`,
    );
  }
  const tokens = values['candidate-tokens'];
  return {
    file,
    queries: parseQueries(values.query ?? []),
    model: values.model,
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
    throw new UsageError('--query is empty; a text with something to read in it is needed');
  }
  return queries;
}

function parseTop(text: string): number {
  const top = parseNumber('top', text, { whole: true });
  return top === 0 ? Infinity : top;
}

/** As the server takes them. */
function absentWhenBlank(text: string | undefined): string | undefined {
  return isBlank(text) ? undefined : text;
}

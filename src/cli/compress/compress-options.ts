import { type Budget, type CompressionMethod, defaultBudget } from '../../compress/compressor.ts';
import { parseNumber, parseOneOf } from '../shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank compress --in FILE --out FILE [OPTIONS]

Shortens texts to a few of their own phrases, so that a ranker reads less. Started again after Control-C, it goes on
where it was.

  --in FILE           JSON lines {"_id", "title"?, "text"}, plain or gzip
  --out FILE          the same with shortened texts, gzip when the name ends in .gz; "metadata" has the kept parts
                      ([start, end] in code points), tokens, raw_tokens, method and version. Unfinished: FILE.part
  --method NAME       phrases (default): repeated words that are rare elsewhere; head: the first tokens; title: nothing
                      beside a title; none: all
  --tokens N          most tokens of a text without title (default: ${defaultBudget.untitled})
  --titled-tokens N   most tokens of a text with a title (default: ${defaultBudget.titled})
  --drop-titles       leave out all titles
  --model NAME        a recipe's name, or the folder of a built model, whose tokens are counted (default:
                      SLMRANK_MODEL, or the model that slmrank serves, built when needed)
  --background FILE   of 'slmrank compress background' (default: that of job postings)`;

const methods = ['phrases', 'head', 'title', 'none'] as const satisfies CompressionMethod[];
type Method = (typeof methods)[number];

export interface CompressOptions {
  readonly in: string;
  readonly out: string;
  readonly method: Method;
  readonly budget: Budget;
  readonly dropTitles: boolean;
  readonly model: string | undefined;
  readonly background: string | undefined;
}

const definitions = {
  in: { type: 'string' },
  out: { type: 'string' },
  method: { type: 'string', default: 'phrases' },
  tokens: { type: 'string' },
  'titled-tokens': { type: 'string' },
  'drop-titles': { type: 'boolean', default: false },
  model: { type: 'string' },
  background: { type: 'string' },
} as const;

/** @throws UsageError */
export function parseCompressOptions(args: readonly string[]): CompressOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const { in: input, out } = values;
  if (input === undefined || out === undefined) {
    throw new UsageError(`--${input === undefined ? 'in' : 'out'} is missing\n\n${usage}`);
  }
  if (input === out) {
    throw new UsageError(`--out is '${out}', as --in is; another file is needed`);
  }
  return {
    in: input,
    out,
    method: parseOneOf('method', values.method, methods),
    budget: {
      titled: parseTokens('titled-tokens', values['titled-tokens'], defaultBudget.titled),
      untitled: parseTokens('tokens', values.tokens, defaultBudget.untitled),
    },
    dropTitles: values['drop-titles'],
    model: values.model,
    background: values.background,
  };
}

function parseTokens(name: string, text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : parseNumber(name, text, { min: 1, whole: true });
}

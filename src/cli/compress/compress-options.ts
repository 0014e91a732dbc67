import {
  type Budget,
  type CompressionMethod,
  compressionMethods,
  defaultBudget,
} from '../../compress/compressor.ts';
import { type Effort, efforts } from '../../compress/search/effort.ts';
import { type Bounds, parseNumber, parseOneOf } from '../shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank compress --in FILE --out FILE [OPTIONS]

Shortens texts to a few of their own phrases, so that a ranker reads less. Started again after Control-C, it goes on
where it was.

  --in FILE           JSON lines {"_id", "title"?, "text"}, plain or gzip
  --out FILE          the same with shortened texts, gzip when the name ends in .gz; "metadata" has the kept parts
                      ([start, end] in code points), tokens, raw_tokens, method and version. Unfinished: FILE.part
  --method NAME       search (default): phrases that the ranker answers most like the whole text; phrases: repeated words
                      that are rare elsewhere, without the ranker; head: the first tokens; title: nothing beside a
                      title; none: all
  --tokens N          most tokens of a text without title (default: ${defaultBudget.untitled})
  --titled-tokens N   most tokens of a text with a title (default: ${defaultBudget.titled})
  --drop-titles       leave out all titles
  --model NAME        a recipe's name, or the folder of a built model: it counts tokens and answers the search (default:
                      SLMRANK_MODEL, or the model that slmrank serves, built when needed)
  --background FILE   of 'slmrank compress background' (default: that of job postings)

Of the search:
  --effort LEVEL      quick, normal (default) or full: how much the ranker is asked
  --probes FILE       queries that users may ask, one a line (default: 600 job titles)
  --max-loss P        stop where the mean |difference of p(yes)| is at most P, on probes that did not choose, and go on
                      up to twice the tokens where it is more (default: use all tokens)
  --workers N         threads that run the model (default: SLMRANK_DEVICES, or one for every core)`;

export interface CompressOptions {
  readonly in: string;
  readonly out: string;
  readonly method: CompressionMethod;
  readonly budget: Budget;
  readonly dropTitles: boolean;
  readonly model: string | undefined;
  readonly background: string | undefined;
  readonly effort: Effort;
  readonly probes: string | undefined;
  readonly maxLoss: number | undefined;
  /** As SLMRANK_DEVICES. */
  readonly devices: string | undefined;
}

const definitions = {
  in: { type: 'string' },
  out: { type: 'string' },
  method: { type: 'string', default: 'search' },
  tokens: { type: 'string' },
  'titled-tokens': { type: 'string' },
  'drop-titles': { type: 'boolean', default: false },
  model: { type: 'string' },
  background: { type: 'string' },
  effort: { type: 'string', default: 'normal' },
  probes: { type: 'string' },
  'max-loss': { type: 'string' },
  workers: { type: 'string' },
} as const;

const tokens: Bounds = { min: 1, whole: true };

/** @throws UsageError */
export function parseCompressOptions(args: readonly string[]): CompressOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const { in: input, out } = values;
  const workers = parseIfGiven('workers', values.workers, { min: 1, max: 256, whole: true });
  if (input === undefined || out === undefined) {
    throw new UsageError(`--${input === undefined ? 'in' : 'out'} is missing\n\n${usage}`);
  }
  if (input === out) {
    throw new UsageError(`--out is '${out}', as --in is; another file is needed`);
  }
  return {
    in: input,
    out,
    method: parseOneOf('method', values.method, compressionMethods),
    budget: {
      titled:
        parseIfGiven('titled-tokens', values['titled-tokens'], tokens) ?? defaultBudget.titled,
      untitled: parseIfGiven('tokens', values.tokens, tokens) ?? defaultBudget.untitled,
    },
    dropTitles: values['drop-titles'],
    model: values.model,
    background: values.background,
    effort: parseOneOf('effort', values.effort, efforts),
    probes: values.probes,
    maxLoss: parseIfGiven('max-loss', values['max-loss'], { max: 1 }),
    devices: workers === undefined ? undefined : `cpu:${workers}`,
  };
}

function parseIfGiven(name: string, text: string | undefined, bounds: Bounds): number | undefined {
  return text === undefined ? undefined : parseNumber(name, text, bounds);
}

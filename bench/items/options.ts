import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';

const usage = `Usage: npm run bench:items -- [OPTIONS]

Puts postings into a server's item store while it ranks at a share of its capacity, kills it with
SIGKILL halfway, starts it again and puts the rest. Then checks that every acknowledged item is
there, waits until all have summaries, and ranks stored items by id and by text. Prints latencies
with and without puts, puts/s, the time of the restart, what was lost, and candidates/s by id and by
text. The exit status is 1 if an acknowledged item is lost or scores by id and by text differ.

  --model DIR      a built model, or 'tiny', random weights of the tests' size (default: the bundled
                   model)
  --postings FILE  JSON lines {"_id", "title", "text"}, plain or gzip (default: models/demo); repeated
                   under other ids where there are fewer than --items
  --items N        postings to put (default: 5000)
  --message N      postings of a message (default: 50)
  --put-rate N     most postings a second (default: as many as the server acknowledges)
  --load SHARE     requests a second, as a share of what the server can take (default: 0.7)
  --candidates N   candidates of each request, by text (default: 50)
  --seconds N      length of the window without puts, and the least of that with puts (default: 120)
  --by-id N        stored items that are ranked by id (default: 250)
  --rounds N       rounds of ranking by id and by text in turns (default: 5)
  --wait-ms N      most time to wait for the summaries of all items (default: 600000)
  --state DIR      for the store and the tiny model (default: bench/out/items)
  --out FILE       writes the report as JSON

Settings of the server are taken from the environment, such as SLMRANK_DEVICES and
SLMRANK_ITEM_COMPRESSOR.`;

const definitions = {
  model: { type: 'string' },
  postings: { type: 'string' },
  items: { type: 'string', default: '5000' },
  message: { type: 'string', default: '50' },
  'put-rate': { type: 'string' },
  load: { type: 'string', default: '0.7' },
  candidates: { type: 'string', default: '50' },
  seconds: { type: 'string', default: '120' },
  'by-id': { type: 'string', default: '250' },
  rounds: { type: 'string', default: '5' },
  'wait-ms': { type: 'string', default: '600000' },
  state: { type: 'string', default: 'bench/out/items' },
  out: { type: 'string' },
} as const;

export interface ItemsOptions {
  readonly model: string | undefined;
  readonly postings: string | undefined;
  readonly items: number;
  readonly messageItems: number;
  /** Items per second; undefined for no limit. */
  readonly putRate: number | undefined;
  readonly load: number;
  readonly candidates: number;
  readonly seconds: number;
  readonly byId: number;
  readonly rounds: number;
  readonly waitMs: number;
  readonly state: string;
  readonly out: string | undefined;
}

/** @throws UsageError */
export function parseItemsOptions(args: readonly string[]): ItemsOptions {
  const values = parseOnlyOptions(args, usage, definitions);
  const count = (name: 'items' | 'message' | 'candidates' | 'by-id' | 'rounds', max = 1e6) =>
    parseNumber(name, values[name], { min: 1, max, whole: true });
  const rate = values['put-rate'];
  return {
    model: values.model,
    postings: values.postings,
    // Halfway must lie between two messages.
    items: parseNumber('items', values.items, { min: 2, max: 1e6, whole: true }),
    messageItems: count('message', 1000),
    putRate: rate === undefined ? undefined : parseNumber('put-rate', rate, { min: 0.1, max: 1e6 }),
    load: parseNumber('load', values.load, { min: 0.01, max: 2 }),
    candidates: count('candidates', 250),
    seconds: parseNumber('seconds', values.seconds, { min: 1, max: 86_400 }),
    byId: count('by-id', 1000),
    rounds: count('rounds', 1000),
    waitMs: parseNumber('wait-ms', values['wait-ms'], { max: 86_400_000 }),
    state: values.state,
    out: values.out,
  };
}

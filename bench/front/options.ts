import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';

const usage = `Usage: npm run bench:front -- [OPTIONS]

Measures all that is not the model: a server whose replicas answer at once, in a process of its own,
with a load generator beside it that sends prepared messages over gRPC and does not decode answers.
Prints candidates/s by text (1,000 bytes each) and by id, on unary calls and on a stream, the
processor time of each thread for a request, the longest pauses, and tokens/s of an encoder thread.

  --model DIR      a built model, for its tokenizer and limits (default: the bundled model)
  --postings FILE  JSON lines {"_id", "title", "text"}, plain or gzip (default: models/demo)
  --base DIR       a build (dist/) of another version, which is measured in turns with this one
  --seconds N      of each window (default: 4)
  --rounds N       windows of each row, of which the median is shown (default: 1)
  --state DIR      for the item stores (default: bench/out/front)
  --out DIR        writes front.json and front.md there`;

const definitions = {
  model: { type: 'string' },
  postings: { type: 'string' },
  base: { type: 'string' },
  seconds: { type: 'string', default: '4' },
  rounds: { type: 'string', default: '1' },
  state: { type: 'string', default: 'bench/out/front' },
  out: { type: 'string' },
} as const;

export interface FrontOptions {
  readonly model: string | undefined;
  readonly postings: string | undefined;
  readonly base: string | undefined;
  readonly seconds: number;
  readonly rounds: number;
  readonly state: string;
  readonly out: string | undefined;
}

/** @throws UsageError */
export function parseFrontOptions(args: readonly string[]): FrontOptions {
  const { model, postings, base, seconds, rounds, state, out } = parseOnlyOptions(
    args,
    usage,
    definitions,
  );
  return {
    model,
    postings,
    base,
    seconds: parseNumber('seconds', seconds, { min: 1, max: 3600 }),
    rounds: parseNumber('rounds', rounds, { min: 1, max: 99, whole: true }),
    state,
    out,
  };
}

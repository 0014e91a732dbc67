import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';

const usage = `Usage: npm run load -- [OPTIONS]

Sends recorded requests to a server with ghz at a fixed rate, even if the server is slower (open
loop). Prints latency, goodput and statuses, and saves them as JSON and as an HTML page.

  --address HOST:PORT       a running server (default: a new one with the demo's model)
  --model DIR               the model of the new server
  --rps N                   requests per second (default: 1)
  --seconds N               how long requests are sent (default: 30)
  --deadline MS             deadline of each request (default: 5000)
  --candidates N            candidates of each request, at most 50 (default: 10)
  --max-candidate-tokens N  as in the request (default: the server's context budget)
  --connections N           HTTP/2 connections (default: 4)
  --ghz PATH                the ghz program (default: on PATH, or where 'go install' puts it)
  --out DIR                 where the results are written (default: bench/out/load)
  --name NAME               name of the result files (default: load)`;

export interface LoadOptions {
  readonly address: string | undefined;
  readonly model: string | undefined;
  readonly rps: number;
  readonly seconds: number;
  readonly deadlineMs: number;
  readonly candidates: number;
  readonly maxCandidateTokens: number | undefined;
  readonly connections: number;
  readonly ghz: string | undefined;
  readonly out: string;
  readonly name: string;
}

/** @throws UsageError */
export function parseLoadOptions(args: readonly string[]): LoadOptions {
  const { values } = parseOptions(args, usage, {
    address: { type: 'string' },
    model: { type: 'string' },
    rps: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '30' },
    deadline: { type: 'string', default: '5000' },
    candidates: { type: 'string', default: '10' },
    'max-candidate-tokens': { type: 'string' },
    connections: { type: 'string', default: '4' },
    ghz: { type: 'string' },
    out: { type: 'string', default: 'bench/out/load' },
    name: { type: 'string', default: 'load' },
  });
  const tokens = values['max-candidate-tokens'];
  return {
    address: values.address,
    model: values.model,
    // ghz accepts only a whole number of requests per second.
    rps: parseCount('--rps', values.rps),
    seconds: parseCount('--seconds', values.seconds),
    deadlineMs: parseCount('--deadline', values.deadline),
    candidates: parseCount('--candidates', values.candidates, 50),
    maxCandidateTokens:
      tokens === undefined ? undefined : parseCount('--max-candidate-tokens', tokens),
    connections: parseCount('--connections', values.connections),
    ghz: values.ghz,
    out: values.out,
    name: values.name,
  };
}

function parseCount(flag: string, text: string, most = 1_000_000): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > most) {
    throw new UsageError(`${flag} is '${text}'; it must be a whole number from 1 to ${most}`);
  }
  return count;
}

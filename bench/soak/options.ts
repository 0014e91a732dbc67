import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';

const usage = `Usage: npm run soak -- [OPTIONS]

Sends mixed traffic to a new server for a long time: rankings of all lengths, streams,
cancellations, very short deadlines, bad requests, the other methods, and bursts above capacity.
Writes soak.json and soak.html. The exit status is 1 if memory or event-loop lag keeps growing, or
if a request is not accounted for.

  --minutes N     how long (default: 30, at most 720)
  --model DIR     a built model, or 'tiny', random weights that are built once (default: tiny)
  --devices SLOTS as in SLMRANK_DEVICES (default: cpu:1)
  --load SHARE    mean load as a share of the server's capacity (default: 0.6)
  --seed N        seed of everything random (default: 1)
  --out DIR       where the results are written (default: bench/out/soak)`;

export interface SoakOptions {
  readonly minutes: number;
  readonly model: string;
  readonly devices: string;
  readonly load: number;
  readonly seed: number;
  readonly out: string;
}

/** @throws UsageError */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const text = { type: 'string' } as const;
  const { values } = parseOptions(args, usage, {
    minutes: text,
    model: text,
    devices: text,
    load: text,
    seed: text,
    out: text,
  });
  return {
    minutes: parseAmount('--minutes', values.minutes ?? '30', 720),
    model: values.model ?? 'tiny',
    devices: values.devices ?? 'cpu:1',
    load: parseAmount('--load', values.load ?? '0.6', 10),
    seed: parseAmount('--seed', values.seed ?? '1', 2 ** 31),
    out: values.out ?? 'bench/out/soak',
  };
}

function parseAmount(flag: string, text: string, most: number): number {
  const amount = Number(text);
  if (!Number.isFinite(amount) || amount <= 0 || amount > most) {
    throw new UsageError(`${flag} is '${text}'; it must be a number above 0 and at most ${most}`);
  }
  return amount;
}

import { parseOptions, UsageError } from '../../src/cli/shared/usage.ts';

const usage = `Usage: npm run soak -- [OPTIONS]

Everything at once, for long: ranking of mixed lengths, streams, cancellations, tiny deadlines, bad requests, the other
calls, and bursts above capacity, against one server of its own on loopback. Writes soak.json and soak.html. Ends with
status 1 when memory or event-loop lag keep growing, or a request is not accounted for.

  --minutes N     how long (default: 30, at most 720)
  --model DIR     a built model, or 'tiny': random weights, made when missing (default: tiny)
  --devices SLOTS as SLMRANK_DEVICES (default: cpu:1)
  --load SHARE    mean load, as a share of what the server holds (default: 0.6)
  --seed N        of everything drawn (default: 1)
  --out DIR       where the results go (default: bench/out/soak)`;

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
    throw new UsageError(`${flag} is '${text}'; a number above 0, at most ${most}, is needed`);
  }
  return amount;
}

import { countCores } from '../../config/count-cores.ts';
import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { createProgress } from '../../base/progress.ts';
import { dropWays } from '../../toolchain/prune/drop-layers.ts';
import { pruneModel, type PruneOptions } from '../../toolchain/prune/prune-model.ts';
import { formatReport } from '../../toolchain/prune/prune-report.ts';
import { type WrittenType, writtenTypes } from '../../toolchain/checkpoint/write-checkpoint.ts';
import { parseNumber } from '../shared/parse-number.ts';
import { findPrompt, type Prompt } from './prompt-options.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank model prune --from CHECKPOINT --to FOLDER --calibrate FILE [OPTIONS]

Makes a checkpoint smaller: drops whole layers, then MLP neurons (and key heads) of the layers left, and solves the kept
weights again by least squares on calibration rows (OSSCAR, arXiv 2403.12983). Writes a Hugging Face folder.

  --from CHECKPOINT    a GGUF file, or a Hugging Face folder with config.json and safetensors
  --to FOLDER          where to; a pruned checkpoint there is replaced once the new one is complete
  --calibrate FILE     JSON lines {"query", "title"?, "text"}, plain or gzip
  --mlp-keep SHARE     share of MLP neurons to keep in each layer (default: 1)
  --align N            kept neurons are rounded to a multiple of N (default: 64)
  --drop-layers N      layers to drop (default: 0)
  --drop WAY           last: the final ones (default); importance: those whose loss changes the labels least
  --kv-groups-drop N   key heads to drop in each layer, with their query heads (default: 0)
  --tokens N           most calibration tokens (default: 32768)
  --row-tokens N       longer rows are cut to N tokens (default: 256)
  --seed N             which lines are taken and which held out (default: 1)
  --recipe NAME        template and labels of models/recipes/NAME.json
  --model FOLDER       template and labels of a built model
  --template NAME      chatml, qwen3-reranker, or a JSON file; given more than once, lines take them in turn
  --labels YES,NO      with --template (default: yes,no)
  --type KIND          F32 (default), F16 or BF16
  --threads N          of ONNX Runtime (default: the cores)
`;

const text = { type: 'string' } as const;
const options = {
  from: text,
  to: text,
  calibrate: text,
  'mlp-keep': text,
  align: text,
  'drop-layers': text,
  drop: text,
  'kv-groups-drop': text,
  tokens: text,
  'row-tokens': text,
  seed: text,
  recipe: text,
  model: text,
  template: { type: 'string', multiple: true },
  labels: text,
  type: text,
  threads: text,
} as const;

type Values = ReturnType<typeof parseOptions<typeof options>>['values'];

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, usage, options);
  const { from, to, calibrate } = values;
  if (positionals.length > 0) {
    throw new UsageError(`unexpected '${positionals.join(' ')}'\n\n${usage.trimEnd()}`);
  }
  if (from === undefined || to === undefined || calibrate === undefined) {
    throw new UsageError(`--from, --to and --calibrate are needed\n\n${usage.trimEnd()}`);
  }
  const paths = { from: resolve(from), to: resolve(to), calibrate: resolve(calibrate) };
  const prompt = await findPrompt(values);
  const report = await pruneModel({ ...paths, ...parseShape(values), ...prompt, ...watch() });
  process.stdout.write(`${formatReport(report)}pruned        ${paths.to}\n`);
  return 0;
}

function parseShape(values: Values): Omit<PruneOptions, keyof Paths | keyof Prompt | keyof Watch> {
  const whole = (name: WholeOption, fallback: number, min = 0) =>
    parseNumber(name, values[name] ?? String(fallback), { min, whole: true });
  return {
    mlpKeep: parseNumber('mlp-keep', values['mlp-keep'] ?? '1', { max: 1 }),
    align: whole('align', 64, 1),
    dropLayers: whole('drop-layers', 0),
    kvGroupsDrop: whole('kv-groups-drop', 0),
    drop: parseWord('drop', values.drop ?? 'last', dropWays),
    tokens: whole('tokens', 32_768, 1),
    rowTokens: whole('row-tokens', 256, 8),
    seed: whole('seed', 1),
    type: parseWord<WrittenType>('type', values.type ?? 'F32', writtenTypes),
    threads: whole('threads', countCores().cores, 1),
  };
}

type WholeOption =
  | 'align'
  | 'drop-layers'
  | 'kv-groups-drop'
  | 'tokens'
  | 'row-tokens'
  | 'seed'
  | 'threads';
type Paths = Pick<PruneOptions, 'from' | 'to' | 'calibrate'>;
type Watch = Pick<PruneOptions, 'onLine' | 'onProgress'>;

/** The progress begins with the first call: how much there will be is not known before. */
function watch(): Watch {
  const output = {
    isTerminal: process.stderr.isTTY,
    write: (line: string) => void process.stderr.write(line),
  };
  let progress: ReturnType<typeof createProgress> | undefined;
  return {
    onLine: (line) => void process.stderr.write(`${line}\n`),
    onProgress: (done, total) => {
      progress ??= createProgress('batches of layers', total, output, systemClock);
      progress.update(done);
      if (done === total) {
        progress.end();
      }
    },
  };
}

function parseWord<T extends string>(name: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === given);
  if (found === undefined) {
    throw new UsageError(`--${name} is '${given}'; one of ${allowed.join(', ')} is needed`);
  }
  return found;
}

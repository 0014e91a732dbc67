import { resolve } from 'node:path';
import { writtenTypes } from '../../toolchain/checkpoint/write-checkpoint.ts';
import { dropWays } from '../../toolchain/prune/drop-layers.ts';
import { pruneModel } from '../../toolchain/prune/prune-model.ts';
import type { PruneShape } from '../../toolchain/prune/prune-plan.ts';
import { formatReport } from '../../toolchain/prune/prune-report.ts';
import { parseNumber, parseOneOf } from '../shared/option-values.ts';
import { printLine, watchProgress } from '../shared/standard-error.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';
import { calibrationOptions, findPrompt, parseCalibration } from './calibration-options.ts';

const usage = `Usage: slmrank model prune --from CHECKPOINT --to FOLDER --calibrate FILE [OPTIONS]

Makes a checkpoint smaller: drops whole layers, then MLP neurons (and key heads) of the remaining layers, and adjusts the
kept weights by least squares on calibration rows (OSSCAR, arXiv 2403.12983). Writes a Hugging Face folder.

  --from CHECKPOINT    a GGUF file, or a Hugging Face folder with config.json and safetensors
  --to FOLDER          where to write it; a pruned checkpoint there is replaced once the new one is complete
  --calibrate FILE     JSON lines {"query", "title"?, "text"}, plain or gzip
  --mlp-keep SHARE     share of MLP neurons to keep in each layer (default: 1)
  --align N            kept neurons are rounded to a multiple of N (default: 64)
  --drop-layers N      layers to drop (default: 0)
  --drop WAY           last: the final layers (default); importance: the layers whose loss changes the labels least
  --kv-groups-drop N   key heads to drop in each layer, with their query heads (default: 0)
  --tokens N           most calibration tokens (default: 32768)
  --row-tokens N       longer rows are cut to N tokens (default: 256)
  --seed N             decides which lines are calibrated on and which are held out (default: 1)
  --recipe NAME        template and labels of models/recipes/NAME.json
  --model FOLDER       template and labels of a built model
  --template NAME      chatml, qwen3-reranker, or a JSON file; if given several times, lines use them in turn
  --labels YES,NO      with --template (default: yes,no)
  --type KIND          F32 (default), F16 or BF16
  --threads N          threads of ONNX Runtime (default: one per core)
`;

const text = { type: 'string' } as const;
const definitions = {
  ...calibrationOptions,
  from: text,
  to: text,
  'mlp-keep': text,
  align: text,
  'drop-layers': text,
  drop: text,
  'kv-groups-drop': text,
  type: text,
} as const;

type Values = ReturnType<typeof parseOnlyOptions<typeof definitions>>;

export async function run(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, definitions);
  const { from, to, calibrate, drop = 'last', type = 'F32' } = values;
  if (from === undefined || to === undefined || calibrate === undefined) {
    throw new UsageError(`--from, --to and --calibrate are needed\n\n${usage.trimEnd()}`);
  }
  const { templates, labels } = await findPrompt(values);
  const limits = { templates, defaultTokens: 32_768 };
  const { threads, ...calibration } = parseCalibration(calibrate, values, limits);
  const report = await pruneModel({
    ...parseShape(values),
    from: resolve(from),
    to: resolve(to),
    drop: parseOneOf('drop', drop, dropWays),
    calibration,
    labels,
    type: parseOneOf('type', type, writtenTypes),
    threads,
    onLine: printLine,
    onProgress: watchProgress('batches of layers'),
  });
  process.stdout.write(`${formatReport(report)}pruned        ${resolve(to)}\n`);
  return 0;
}

function parseShape(values: Values): PruneShape {
  const {
    'mlp-keep': mlpKeep = '1',
    align = '64',
    'drop-layers': dropLayers = '0',
    'kv-groups-drop': kvGroupsDrop = '0',
  } = values;
  return {
    mlpKeep: parseNumber('mlp-keep', mlpKeep, { max: 1 }),
    align: parseNumber('align', align, { min: 1, whole: true }),
    dropLayers: parseNumber('drop-layers', dropLayers, { whole: true }),
    kvGroupsDrop: parseNumber('kv-groups-drop', kvGroupsDrop, { whole: true }),
  };
}

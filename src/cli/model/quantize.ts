import { resolve } from 'node:path';
import { formatTable } from '../../base/format-table.ts';
import { type InputKind, inputKinds } from '../../toolchain/graph/layer-inputs.ts';
import type { LayerCalibrationOptions } from '../../toolchain/quantize/calibrate-layers.ts';
import {
  quantizeCheckpoint,
  type QuantizeReport,
  quantizeReportFile,
  type SmoothingReport,
} from '../../toolchain/quantize/quantize-checkpoint.ts';
import { watchProgress } from '../shared/standard-error.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';
import { parseFloats, parseLabels } from './build-options.ts';
import { calibrationOptions, findPrompt, parseCalibration } from './calibration-options.ts';

const usage = `Usage: slmrank model quantize --from FOLDER --to FOLDER [OPTIONS]

Writes a checkpoint's compact form: matrices as int8 with an fp32 scale for each output channel, everything else fp32.
'slmrank model build' reads it in every precision; int8 uses the integers unchanged. The error of each tensor is printed,
and saved in ${quantizeReportFile}. 'slmrank eval --against' shows whether the model is still good enough.

  --from FOLDER       a Hugging Face folder with config.json, safetensors and tokenizer.json
  --to FOLDER         where to write it; a checkpoint there is replaced once the new one is complete
  --labels YES,NO     the words whose logits are read: their rows of the head stay fp32
  --float LAYER.INPUT,...
                      inputs that int8 graphs keep as floats, together with the weights that read them: layers count from
                      0, inputs are ${inputKinds.join(', ')}; models/training/sensitivity.py shows which ones matter
  --calibrate FILE    JSON lines {"query", "title"?, "text"}, plain or gzip: channels are scaled by their values on these,
                      so that activations round better (SmoothQuant, arXiv 2211.10438), and weights are rounded so that
                      each layer's outputs change little on these (GPTQ, arXiv 2210.17323)

With --calibrate, as for 'slmrank model prune':
  --recipe NAME, --model FOLDER or --template NAME (if given several times, lines use them in turn)
  --tokens N          most calibration tokens (default: 16384)
  --row-tokens N      longer rows are cut to N tokens (default: 256)
  --seed N            decides which lines are calibrated on (default: 1)
  --threads N         threads of ONNX Runtime (default: one per core)
`;

const text = { type: 'string' } as const;
const definitions = { ...calibrationOptions, from: text, to: text, float: text } as const;

/** Options that mean nothing without --calibrate. --labels is not among them. */
const calibrationOnly = [
  'recipe',
  'model',
  'template',
  'tokens',
  'row-tokens',
  'seed',
  'threads',
] as const;

type Values = ReturnType<typeof parseOnlyOptions<typeof definitions>>;

export async function run(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, definitions);
  if (values.from === undefined || values.to === undefined) {
    throw new UsageError(`--from and --to are needed\n\n${usage.trimEnd()}`);
  }
  const to = resolve(values.to);
  const report = await quantizeCheckpoint({
    from: resolve(values.from),
    to,
    labels: values.labels === undefined ? [] : parseLabels(values.labels),
    floats: parseFloats(values.float),
    calibration: await findCalibration(values),
    onProgress: watchProgress('tensors'),
  });
  process.stdout.write(`${format(report)}\n${to}: ${summary(report)}\n`);
  return 0;
}

async function findCalibration(values: Values): Promise<LayerCalibrationOptions | undefined> {
  const { calibrate, recipe, model, template, labels } = values;
  if (calibrate === undefined) {
    const useless = calibrationOnly.find((name) => values[name] !== undefined);
    if (useless !== undefined) {
      throw new UsageError(`--${useless} needs --calibrate\n\n${usage.trimEnd()}`);
    }
    return undefined;
  }
  const prompt = { recipe, model, template, labels: template === undefined ? undefined : labels };
  const { templates } = await findPrompt(prompt);
  const calibration = parseCalibration(calibrate, values, { templates, defaultTokens: 16_384 });
  return { ...calibration, onProgress: watchProgress('layers') };
}

function format({ tensors, smoothing }: QuantizeReport): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const table = formatTable([
    ['tensor', 'shape', 'relative error', 'SQNR dB', 'largest error', 'of outputs', 'compensated'],
    ...tensors.map(({ name, shape, relativeError, sqnrDb, largestError, outputError }) => [
      name,
      shape.join(' x '),
      percent(relativeError),
      sqnrDb.toFixed(1),
      largestError.toExponential(1),
      outputError === undefined ? '-' : percent(outputError.before),
      outputError === undefined ? '-' : percent(outputError.after),
    ]),
  ]);
  return smoothing === undefined ? table : `${table}\n${formatSmoothing(smoothing)}`;
}

/** The root mean square, over layers, of the error of each kind of input's products. */
function formatSmoothing({ inputs, rows, tokens, file }: SmoothingReport): string {
  const rootMean = (of: readonly number[]) =>
    `${(100 * Math.sqrt(of.reduce((a, b) => a + b, 0) / of.length)).toFixed(2)} %`;
  const row = (kind: InputKind) => {
    const mine = inputs.filter((each) => each.kind === kind);
    const migrations = mine.map(({ migration }) => migration?.toFixed(1) ?? '-').join(' ');
    const [before, after] = [mine.map((each) => each.before), mine.map((each) => each.after)];
    return [kind, rootMean(before), rootMean(after), migrations];
  };
  const head = ['input of', 'error before', 'after', 'exponents by layer'];
  return `${formatTable([head, ...inputKinds.map(row)])}\n${rows} rows, ${tokens} tokens of ${file}\n`;
}

function summary({ parameters, bytes, wholeRows, floats }: QuantizeReport): string {
  const fp32 = wholeRows.length === 0 ? '' : `; rows ${wholeRows.join(' and ')} of the head fp32`;
  const inputs = floats.map(({ layer, kind }) => `${layer}.${kind}`).join(', ');
  const kept = floats.length === 0 ? '' : `; ${inputs} as floats`;
  return `${parameters} parameters in ${(bytes / 1e6).toFixed(1)} MB${fp32}${kept}`;
}

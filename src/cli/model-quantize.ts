import { resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { formatTable } from '../eval/format-table.ts';
import { createProgress } from '../eval/progress.ts';
import {
  quantizeCheckpoint,
  type QuantizeReport,
  quantizeReportFile,
} from '../toolchain/quantize-checkpoint.ts';
import { parseLabels } from './model-build.ts';
import { parseOptions, UsageError } from './usage.ts';

const usage = `Usage: slmrank model quantize --from FOLDER --to FOLDER [OPTIONS]

Writes a checkpoint's compact form: matrices as int8 with an fp32 scale for each output channel, everything else fp32.
'slmrank model build' reads it in every precision; int8 takes the integers as they are. Each tensor's error is shown, and
kept in ${quantizeReportFile}. Whether the model is still good enough: 'slmrank eval --against'.

  --from FOLDER       a Hugging Face folder with config.json, safetensors and tokenizer.json
  --to FOLDER         where to; a checkpoint there is replaced once the new one is complete
  --labels YES,NO     the words whose logits are read: their rows of the head stay fp32
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, usage, {
    from: { type: 'string' },
    to: { type: 'string' },
    labels: { type: 'string' },
  });
  if (positionals.length > 0) {
    throw new UsageError(`unexpected '${positionals.join(' ')}'\n\n${usage.trimEnd()}`);
  }
  if (values.from === undefined || values.to === undefined) {
    throw new UsageError(`--from and --to are needed\n\n${usage.trimEnd()}`);
  }
  const to = resolve(values.to);
  const report = await quantizeCheckpoint({
    from: resolve(values.from),
    to,
    labels: values.labels === undefined ? [] : parseLabels(values.labels),
    onProgress: watch(),
  });
  process.stdout.write(`${format(report)}\n${to}: ${summary(report)}\n`);
  return 0;
}

function watch(): (done: number, total: number) => void {
  const output = {
    isTerminal: process.stderr.isTTY,
    write: (line: string) => void process.stderr.write(line),
  };
  let progress: ReturnType<typeof createProgress> | undefined;
  return (done, total) => {
    progress ??= createProgress('tensors', total, output, systemClock);
    progress.update(done);
    if (done === total) {
      progress.end();
    }
  };
}

function format({ tensors }: QuantizeReport): string {
  return formatTable([
    ['tensor', 'shape', 'relative error', 'SQNR dB', 'largest error'],
    ...tensors.map(({ name, shape, relativeError, sqnrDb, largestError }) => [
      name,
      shape.join(' x '),
      `${(100 * relativeError).toFixed(2)} %`,
      sqnrDb.toFixed(1),
      largestError.toExponential(1),
    ]),
  ]);
}

function summary({ parameters, bytes, wholeRows }: QuantizeReport): string {
  const whole = wholeRows.length === 0 ? '' : `; rows ${wholeRows.join(' and ')} of the head fp32`;
  return `${parameters} parameters in ${(bytes / 1e6).toFixed(1)} MB${whole}`;
}

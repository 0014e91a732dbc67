import { existsSync } from 'node:fs';
import { countCores } from '../../config/count-cores.ts';
import { join, resolve } from 'node:path';
import { manifestFile, readManifest } from '../../model/manifest.ts';
import { defaultRecipe } from '../../toolchain/build/ensure-model.ts';
import { type Golden, readGolden } from '../../toolchain/verify/golden.ts';
import { projectFolder } from '../../toolchain/build/project-folder.ts';
import type { Check } from '../../toolchain/verify/verify-checks.ts';
import {
  findMismatch,
  verifyModel,
  type VerifyReport,
} from '../../toolchain/verify/verify-model.ts';
import { chooseModel } from '../shared/choose-model.ts';
import { printLine } from '../shared/standard-error.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank verify [MODEL] [OPTIONS]

Scores the rows of a golden file with a built model (tokenizer, template, packing, session), and compares the results with
those of the reference library, and with the model's own results in other batches. Exit status 0 when all checks pass,
else 1.

  MODEL            a built model's folder, or its name under models/artifacts
                   (default: SLMRANK_MODEL, or ${defaultRecipe}, which is built first if it does not exist)
  --golden FILE    the golden to compare with (default: models/goldens/NAME.json.gz, if it was made of this very model;
                   python models/goldens/make_golden.py --help explains how to make your own)
  --device SLOT    cpu (default) or cuda:N
  --threads N      threads of the CPU (default: one per core)
  --json           print the report as JSON
`;

const options = {
  golden: { type: 'string' },
  device: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, usage, options);
  if (positionals.length > 1) {
    throw new UsageError(`${positionals.length} models are named; one is needed`);
  }
  const device = parseDevice(values.device ?? 'cpu');
  const [named] = positionals;
  const model = named === undefined ? configuredModel(process.env) : findModel(named);
  const dir = await chooseModel({ model, devices: [device] });
  const { golden, reason } = await findGolden(dir, values.golden);
  const report = await verifyModel({
    dir,
    golden,
    device,
    threads: parseThreads(values.threads),
    onProgress: printLine,
  });
  process.stdout.write(
    values.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : format(report, reason),
  );
  return report.passed ? 0 : 1;
}

/** As for the server, an empty variable counts as not set. */
function configuredModel({ SLMRANK_MODEL: model }: NodeJS.ProcessEnv): string | undefined {
  return model === '' ? undefined : model;
}

function findModel(model: string): string {
  const folders = [resolve(model), projectFolder(join('models/artifacts', model))];
  const found = folders.find((dir) => existsSync(join(dir, manifestFile)));
  if (found === undefined) {
    throw new UsageError(`no built model at ${folders.join(' or ')}`);
  }
  return found;
}

/**
 * The golden given by the user, which must be of this model, or the shipped golden of the model's
 * name, which is ignored when it was made of another build.
 */
async function findGolden(
  dir: string,
  file: string | undefined,
): Promise<{ golden: Golden | undefined; reason: string }> {
  if (file !== undefined) {
    return { golden: await readGolden(file), reason: '' };
  }
  const manifest = await readManifest(dir);
  const path = projectFolder(`models/goldens/${manifest.name}.json.gz`);
  if (!existsSync(path)) {
    return { golden: undefined, reason: `${path} does not exist` };
  }
  const golden = await readGolden(path);
  const mismatch = findMismatch(golden, manifest);
  return mismatch === undefined
    ? { golden, reason: '' }
    : { golden: undefined, reason: `${path} is for another model: ${mismatch}` };
}

function parseDevice(text: string): { provider: 'cpu' | 'cuda'; deviceId: number } {
  const match = /^(?:cpu|cuda:(\d+))$/.exec(text);
  if (match === null) {
    throw new UsageError(`--device is '${text}'; cpu or cuda:N is needed`);
  }
  return match[1] === undefined
    ? { provider: 'cpu', deviceId: 0 }
    : { provider: 'cuda', deviceId: Number(match[1]) };
}

function parseThreads(text: string | undefined): number {
  const threads = text === undefined ? countCores().cores : Number(text);
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new UsageError(`--threads is '${String(text)}'; a whole number above 0 is needed`);
  }
  return threads;
}

function format(report: VerifyReport, reason: string): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const reference =
    report.reference === undefined
      ? `no reference was available (${reason}): the model is only compared with itself; see models/goldens/make_golden.py`
      : `reference: ${report.reference}`;
  return [
    `${report.model} (${report.precision}, ${report.rows} rows), score fingerprint ${report.fingerprint}`,
    reference,
    ...report.warnings.map((warning) => `warning: ${warning}`),
    '',
    ...report.checks.map((check) => formatCheck(check, width)),
    '',
    report.passed ? describePass(report) : `FAIL: ${failures(report)}`,
    '',
  ].join('\n');
}

/** A model that agrees with itself may still be wrong in every score. */
function describePass({ reference }: VerifyReport): string {
  return reference === undefined ? 'PASS (itself only: no reference was available)' : 'PASS';
}

function formatCheck(check: Check, width: number): string {
  const { largest, tolerance, mean } = check;
  const numbers =
    largest === undefined || tolerance === undefined
      ? ''
      : `${largest.toExponential(1)} of ${tolerance.toExponential(0)}, mean ${(mean ?? NaN).toExponential(1)}  `;
  return `${check.passed ? 'ok  ' : 'FAIL'}  ${check.name.padEnd(width)}  ${numbers}${check.detail}`;
}

function failures(report: VerifyReport): string {
  const failed = report.checks.filter((check) => !check.passed);
  return failed.map(({ name }) => name).join('; ');
}

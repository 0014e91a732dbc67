import { basename, resolve } from 'node:path';
import { type Manifest } from '../../model/manifest.ts';
import { buildModel } from '../../toolchain/build/build-model.ts';
import { artifactFolder, buildRecipe } from '../../toolchain/build/ensure-model.ts';
import { readRecipe } from '../../toolchain/build/recipe.ts';
import { printLine } from '../shared/standard-error.ts';
import { UsageError } from '../shared/usage.ts';
import {
  buildUsage,
  type BuildValues,
  findFloats,
  findTemplate,
  parseBuckets,
  parseBuildOptions,
  parseLabels,
  parseName,
  parseNormalizeList,
  parsePrecision,
  parseRowTokens,
} from './build-options.ts';

export async function run(args: readonly string[]): Promise<number> {
  const values = parseBuildOptions(args);
  const startedAtMs = performance.now();
  const { manifest, to } = await (values.recipe === undefined ? build(values) : buildNamed(values));
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  process.stdout.write(
    `${manifest.name} is in ${to} (${seconds} s); score fingerprint ${manifest.fingerprint}\n`,
  );
  return 0;
}

async function buildNamed(values: BuildValues): Promise<{ manifest: Manifest; to: string }> {
  const allowed = ['recipe', 'to', 'precision', 'float'];
  const others = Object.keys(values).filter((name) => !allowed.includes(name));
  if (others.length > 0) {
    throw new UsageError(
      `--recipe sets ${others.map((name) => `--${name}`).join(', ')}; leave it out`,
    );
  }
  const named = await readRecipe(values.recipe ?? '');
  const precision = parsePrecision(values.precision ?? named.precision.cpu);
  if (values.float !== undefined && values.to === undefined) {
    throw new UsageError(`--float ${values.float} differs from the recipe, so --to is needed`);
  }
  const floats = values.float === undefined ? named.floats : findFloats(values.float, precision);
  const to = values.to === undefined ? artifactFolder(named.name, precision) : resolve(values.to);
  const recipe = { ...named, floats };
  return { manifest: await buildRecipe(recipe, { precision, to, onProgress: printLine }), to };
}

async function build(values: BuildValues): Promise<{ manifest: Manifest; to: string }> {
  if (values.from === undefined || values.to === undefined) {
    throw new UsageError(`--from and --to are needed, or --recipe\n\n${buildUsage.trimEnd()}`);
  }
  const to = resolve(values.to);
  const precision = parsePrecision(values.precision ?? 'fp32');
  const template = values.template === undefined ? undefined : await findTemplate(values.template);
  const manifest = await buildModel({
    from: resolve(values.from),
    adapter: values.adapter === undefined ? undefined : resolve(values.adapter),
    to,
    name: parseName(values.name ?? basename(to)),
    precision,
    floats: findFloats(values.float, precision),
    template,
    normalize:
      values.normalize === undefined ? template?.normalize : parseNormalizeList(values.normalize),
    labels: parseLabels(values.labels ?? 'yes,no'),
    tokenizer: values.tokenizer,
    rowTokens:
      values['row-tokens'] === undefined ? undefined : parseRowTokens(values['row-tokens']),
    buckets: values.buckets === undefined ? undefined : parseBuckets(values.buckets),
    source: { description: basename(values.from), licence: values.licence ?? 'unknown' },
    recipe: undefined,
    onProgress: printLine,
  });
  return { manifest, to };
}

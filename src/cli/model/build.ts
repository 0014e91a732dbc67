import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { JsonRecord } from '../../base/files/json-record.ts';
import {
  defaultRowTokens,
  leastRowTokens,
  type Manifest,
  modelName,
  mostRowTokens,
  parseTemplate,
  type Precision,
  precisions,
} from '../../model/manifest.ts';
import type { PromptTemplate } from '../../text/template.ts';
import { builtinTemplates } from '../../text/builtin-templates.ts';
import {
  allowedSteps,
  findSteps,
  type NormalizeStep,
  normalizeSteps,
  parseNormalize,
} from '../../text/normalize/normalize.ts';
import { buildModel } from '../../toolchain/build/build-model.ts';
import { artifactFolder, buildRecipe } from '../../toolchain/build/ensure-model.ts';
import type { CalibrationTemplate } from '../../toolchain/calibrate/calibration.ts';
import { readRecipe } from '../../toolchain/build/recipe.ts';
import { inputKinds, type LayerInput, parseInput } from '../../toolchain/graph/layer-inputs.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';

const usage = `Usage: slmrank model build --from CHECKPOINT --to FOLDER [OPTIONS]
       slmrank model build --recipe NAME [--precision KIND] [--to FOLDER [--float LAYER.INPUT,...]]

Builds what the server loads: a ranking graph, its weights, a tokenizer and a manifest, in one folder.

  --from CHECKPOINT    a GGUF file, or a Hugging Face folder with config.json and safetensors
  --adapter FOLDER     a low-rank adapter (LoRA) that is merged in: adapter_config.json and adapter_model.safetensors
  --to FOLDER          where to; a built model there is replaced once the new one is complete
  --recipe NAME        fetch and build what models/recipes/NAME.json says (to models/artifacts/NAME-PRECISION)
  --name NAME          the model's name (default: the folder's)
  --precision KIND     fp32 for CPU, int8 for CPU, fp16 for CUDA (default: fp32, or what the recipe has for CPU)
  --float LAYER.INPUT,...
                       inputs that an int8 graph leaves in floats, such as 0.down (see 'slmrank model quantize --help'),
                       beside those of a compact checkpoint
  --template NAME      ${Object.keys(builtinTemplates).join(', ')}, or a JSON file: a recipe, a manifest, or a template's
                       five texts (default: the one of the model's family); a template that does not fit the
                       model's tokenizer (tags that it does not know, its BOS missing) is warned about
  --normalize STEP,... what is done to callers' texts before they are encoded: all, none, or some of
                       ${normalizeSteps.join(', ')}, in this order
                       (default: what the file of --template lists, else none)
  --labels YES,NO      the two answers, each one token, or the names of a classifier's classes (default: yes,no)
  --tokenizer FILE     a tokenizer.json (default: the folder's own, or one made of the GGUF's vocabulary)
  --row-tokens N       most tokens of prefix, candidate and suffix together, up to the checkpoint's positions
                       (default: ${defaultRowTokens}, or its positions if they are fewer)
  --buckets N,N,...    padded candidate lengths in tokens, ascending
  --licence TEXT       the checkpoint's licence, for the manifest
`;

const options = {
  from: { type: 'string' },
  adapter: { type: 'string' },
  to: { type: 'string' },
  recipe: { type: 'string' },
  name: { type: 'string' },
  precision: { type: 'string' },
  float: { type: 'string' },
  template: { type: 'string' },
  normalize: { type: 'string' },
  labels: { type: 'string' },
  tokenizer: { type: 'string' },
  'row-tokens': { type: 'string' },
  buckets: { type: 'string' },
  licence: { type: 'string' },
} as const;

type Values = { readonly [Name in keyof typeof options]?: string | undefined };

export async function run(args: readonly string[]): Promise<number> {
  const values = parseOnlyOptions(args, usage, options);
  const startedMs = performance.now();
  const built = await (values.recipe === undefined ? build(values) : buildNamed(values));
  const { manifest, to } = built;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `${manifest.name} is in ${to} (${seconds} s); score fingerprint ${manifest.fingerprint}\n`,
  );
  return 0;
}

async function buildNamed(values: Values): Promise<{ manifest: Manifest; to: string }> {
  const allowed = ['recipe', 'to', 'precision', 'float'];
  const others = Object.keys(values).filter((name) => !allowed.includes(name));
  if (others.length > 0) {
    throw new UsageError(`--recipe decides ${others.map((name) => `--${name}`).join(', ')} itself`);
  }
  const named = await readRecipe(values.recipe ?? '');
  const precision = parsePrecision(values.precision ?? named.precision.cpu);
  if (values.float !== undefined && values.to === undefined) {
    throw new UsageError(`--float ${values.float} is not the recipe's own: --to is needed`);
  }
  const floats = values.float === undefined ? named.floats : findFloats(values.float, precision);
  const to = values.to === undefined ? artifactFolder(named.name, precision) : resolve(values.to);
  const recipe = { ...named, floats };
  return { manifest: await buildRecipe(recipe, { precision, to, onProgress: printLine }), to };
}

async function build(values: Values): Promise<{ manifest: Manifest; to: string }> {
  if (values.from === undefined || values.to === undefined) {
    throw new UsageError(`--from and --to are needed, or --recipe\n\n${usage.trimEnd()}`);
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

function parseName(text: string): string {
  if (!modelName.test(text)) {
    throw new UsageError(
      `--name is '${text}'; letters, digits, dot, dash and underscore are allowed`,
    );
  }
  return text;
}

function parsePrecision(text: string) {
  const found = precisions.find((precision) => precision === text);
  if (found === undefined) {
    throw new UsageError(`--precision is '${text}'; one of ${precisions.join(', ')} is needed`);
  }
  return found;
}

function findFloats(list: string | undefined, precision: Precision): readonly LayerInput[] {
  if (list !== undefined && precision !== 'int8') {
    throw new UsageError(`--float goes with --precision int8; it is ${precision}`);
  }
  return parseFloats(list);
}

/** Of `--float`. @throws UsageError */
export function parseFloats(list: string | undefined): readonly LayerInput[] {
  return (list?.split(',') ?? []).map((text) => {
    const found = parseInput(text.trim());
    if (found === undefined) {
      const allowed = `a layer and one of ${inputKinds.join(', ')}, such as 0.down`;
      throw new UsageError(`--float has '${text}'; ${allowed}, is needed`);
    }
    return found;
  });
}

/** Of `--labels`. @throws UsageError */
export function parseLabels(text: string): [yes: string, no: string] {
  const [yes, no, ...more] = text.split(',');
  if (!yes || !no || more.length > 0) {
    throw new UsageError(`--labels is '${text}'; two words with a comma between are needed`);
  }
  return [yes, no];
}

function parseNormalizeList(text: string): readonly NormalizeStep[] {
  if (text === 'all' || text === 'none') {
    return text === 'all' ? normalizeSteps : [];
  }
  const found = findSteps(text.split(','));
  if (found === undefined) {
    throw new UsageError(`--normalize is '${text}'; all, none, or ${allowedSteps} is needed`);
  }
  return found;
}

function parseRowTokens(text: string): number {
  const tokens = Number(text);
  if (!Number.isSafeInteger(tokens) || tokens < leastRowTokens || tokens > mostRowTokens) {
    const allowed = `a whole number from ${leastRowTokens} to ${mostRowTokens}`;
    throw new UsageError(`--row-tokens is '${text}'; ${allowed} is needed`);
  }
  return tokens;
}

function parseBuckets(text: string): readonly number[] {
  const buckets = text.split(',').map(Number);
  if (buckets.some((each, i) => !Number.isSafeInteger(each) || each <= (buckets[i - 1] ?? 0))) {
    throw new UsageError(`--buckets is '${text}'; ascending whole numbers are needed`);
  }
  return buckets;
}

/**
 * Of `--template`: a built-in one, or one in a file, with the steps that a recipe or manifest
 * lists beside it.
 *
 * @throws UsageError or RankError
 */
export async function findTemplate(name: string): Promise<CalibrationTemplate> {
  const builtin = new Map<string, PromptTemplate>(Object.entries(builtinTemplates)).get(name);
  if (builtin !== undefined) {
    return builtin;
  }
  if (!name.endsWith('.json')) {
    const known = Object.keys(builtinTemplates).join(', ');
    throw new UsageError(`--template is '${name}'; one of ${known} or a .json file is needed`);
  }
  const json = JsonRecord.parse(await readFile(name, 'utf8'), name);
  const template = parseTemplate(json.has('template') ? json.record('template') : json);
  return { ...template, normalize: parseNormalize(json) };
}

function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

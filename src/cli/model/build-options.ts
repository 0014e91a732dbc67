import { readFile } from 'node:fs/promises';
import { at } from '../../base/at.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import {
  defaultRowTokens,
  leastRowTokens,
  modelName,
  mostRowTokens,
  parseTemplate,
  type Precision,
  precisions,
} from '../../model/manifest.ts';
import {
  allowedSteps,
  findSteps,
  type NormalizeStep,
  normalizeSteps,
  parseNormalize,
} from '../../text/normalize/normalize.ts';
import type { PromptTemplate } from '../../text/template.ts';
import { builtinTemplates } from '../../text/builtin-templates.ts';
import type { CalibrationTemplate } from '../../toolchain/calibrate/calibration.ts';
import { inputKinds, type LayerInput, parseInput } from '../../toolchain/graph/layer-inputs.ts';
import { parseOneOf, parseNumber } from '../shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../shared/usage.ts';

export const buildUsage = `Usage: slmrank model build --from CHECKPOINT --to FOLDER [OPTIONS]
       slmrank model build --recipe NAME [--precision KIND] [--to FOLDER [--float LAYER.INPUT,...]]

Builds the folder that the server loads: a ranking graph, its weights, a tokenizer and a manifest.

  --from CHECKPOINT    a GGUF file, or a Hugging Face folder with config.json and safetensors
  --adapter FOLDER     a low-rank adapter (LoRA) to merge in: adapter_config.json and adapter_model.safetensors
  --to FOLDER          where to write it; a built model there is replaced once the new one is complete
  --recipe NAME        fetch and build the model of models/recipes/NAME.json (to models/artifacts/NAME-PRECISION)
  --name NAME          the model's name (default: the folder's)
  --precision KIND     fp32 for CPU, int8 for CPU, fp16 for CUDA (default: fp32, or the recipe's precision for CPU)
  --float LAYER.INPUT,...
                       inputs that an int8 graph keeps as floats, such as 0.down (see 'slmrank model quantize --help'),
                       in addition to those of a compact checkpoint
  --template NAME      ${Object.keys(builtinTemplates).join(', ')}, or a JSON file: a recipe, a manifest, or a template's
                       five texts (default: the template of the model's family); a warning is printed if it does not
                       fit the model's tokenizer (unknown tags, missing BOS)
  --normalize STEP,... how texts of requests are cleaned before they are encoded: all, none, or some of
                       ${normalizeSteps.join(', ')}, in this order
                       (default: the steps in the file of --template, else none)
  --labels YES,NO      the two answers, each one token, or the names of a classifier's classes (default: yes,no)
  --tokenizer FILE     a tokenizer.json (default: the folder's own, or one made from the GGUF's vocabulary)
  --row-tokens N       most tokens of prefix, candidate and suffix together, at most the checkpoint's positions
                       (default: ${defaultRowTokens}, or its positions if they are fewer)
  --buckets N,N,...    padded candidate lengths in tokens, ascending
  --licence TEXT       the checkpoint's licence, for the manifest
`;

const text = { type: 'string' } as const;
const definitions = {
  from: text,
  adapter: text,
  to: text,
  recipe: text,
  name: text,
  precision: text,
  float: text,
  template: text,
  normalize: text,
  labels: text,
  tokenizer: text,
  'row-tokens': text,
  buckets: text,
  licence: text,
} as const;

export type BuildValues = { readonly [Name in keyof typeof definitions]?: string | undefined };

/** @throws UsageError */
export function parseBuildOptions(args: readonly string[]): BuildValues {
  return parseOnlyOptions(args, buildUsage, definitions);
}

/** The value of `--name`. @throws UsageError */
export function parseName(text: string): string {
  if (!modelName.test(text)) {
    throw new UsageError(
      `--name is '${text}'; letters, digits, dot, dash and underscore are allowed`,
    );
  }
  return text;
}

/** The value of `--precision`. @throws UsageError */
export function parsePrecision(text: string): Precision {
  return parseOneOf('precision', text, precisions);
}

/** The value of `--float`, which only int8 graphs take. @throws UsageError */
export function findFloats(list: string | undefined, precision: Precision): readonly LayerInput[] {
  if (list !== undefined && precision !== 'int8') {
    throw new UsageError(`--float needs --precision int8; the precision is ${precision}`);
  }
  return parseFloats(list);
}

/** The value of `--float`. @throws UsageError */
export function parseFloats(list: string | undefined): readonly LayerInput[] {
  return (list?.split(',') ?? []).map((text) => {
    const found = parseInput(text.trim());
    if (found === undefined) {
      const kinds = inputKinds.join(', ');
      throw new UsageError(`--float has '${text}'; LAYER.INPUT is needed, INPUT one of ${kinds}`);
    }
    return found;
  });
}

/** The value of `--labels`. @throws UsageError */
export function parseLabels(text: string): [yes: string, no: string] {
  const [yes, no, ...more] = text.split(',');
  if (!yes || !no || more.length > 0) {
    throw new UsageError(`--labels is '${text}'; two words separated by a comma are needed`);
  }
  return [yes, no];
}

/** The value of `--normalize`. @throws UsageError */
export function parseNormalizeList(text: string): readonly NormalizeStep[] {
  if (text === 'all' || text === 'none') {
    return text === 'all' ? normalizeSteps : [];
  }
  const found = findSteps(text.split(','));
  if (found === undefined) {
    throw new UsageError(`--normalize is '${text}'; all, none, or ${allowedSteps} is needed`);
  }
  return found;
}

/** The value of `--row-tokens`. @throws UsageError */
export function parseRowTokens(text: string): number {
  return parseNumber('row-tokens', text, { min: leastRowTokens, max: mostRowTokens, whole: true });
}

/** The value of `--buckets`. @throws UsageError */
export function parseBuckets(text: string): readonly number[] {
  const buckets = text.split(',').map(Number);
  if (
    buckets.some(
      (each, i) => !Number.isSafeInteger(each) || each <= (i === 0 ? 0 : at(buckets, i - 1)),
    )
  ) {
    throw new UsageError(`--buckets is '${text}'; ascending whole numbers are needed`);
  }
  return buckets;
}

/**
 * The value of `--template`: a built-in template, or one from a file with the normalization steps
 * that the recipe or manifest lists beside it.
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

import { resolve } from 'node:path';
import { countCores } from '../../config/count-cores.ts';
import { readManifest } from '../../model/manifest.ts';
import { readRecipe } from '../../toolchain/build/recipe.ts';
import type {
  CalibrationOptions,
  CalibrationTemplate,
} from '../../toolchain/calibrate/calibration.ts';
import { parseNumber } from '../shared/option-values.ts';
import { UsageError } from '../shared/usage.ts';
import { findTemplate, parseLabels } from './build-options.ts';

/** Options of every command that calibrates. */
export const calibrationOptions = {
  calibrate: { type: 'string' },
  recipe: { type: 'string' },
  model: { type: 'string' },
  template: { type: 'string', multiple: true },
  labels: { type: 'string' },
  tokens: { type: 'string' },
  'row-tokens': { type: 'string' },
  seed: { type: 'string' },
  threads: { type: 'string' },
} as const;

interface Prompt {
  readonly templates: readonly CalibrationTemplate[];
  readonly labels: readonly [yes: string, no: string];
}

interface PromptValues {
  readonly recipe?: string | undefined;
  readonly model?: string | undefined;
  readonly template?: string[] | undefined;
  readonly labels?: string | undefined;
}

interface RowValues {
  readonly tokens?: string | undefined;
  readonly 'row-tokens'?: string | undefined;
  readonly seed?: string | undefined;
  readonly threads?: string | undefined;
}

/** The calibration options of a command. @throws UsageError */
export function parseCalibration(
  file: string,
  values: RowValues,
  { templates, defaultTokens }: { templates: Prompt['templates']; defaultTokens: number },
): CalibrationOptions & { readonly threads: number } {
  const {
    tokens = String(defaultTokens),
    'row-tokens': rowTokens = '256',
    seed = '1',
    threads = String(countCores().cores),
  } = values;
  return {
    file: resolve(file),
    templates,
    tokens: parseNumber('tokens', tokens, { min: 1, whole: true }),
    rowTokens: parseNumber('row-tokens', rowTokens, { min: 8, whole: true }),
    seed: parseNumber('seed', seed, { whole: true }),
    threads: parseNumber('threads', threads, { min: 1, whole: true }),
  };
}

/** The templates and labels of --recipe, --model or --template. @throws UsageError or RankError */
export async function findPrompt(options: PromptValues): Promise<Prompt> {
  const { recipe, model, template = [], labels } = options;
  const given = [recipe !== undefined, model !== undefined, template.length > 0];
  if (given.filter(Boolean).length !== 1 || (labels !== undefined && template.length === 0)) {
    throw new UsageError(
      'exactly one of --recipe, --model and --template is needed; --labels only with --template',
    );
  }
  if (recipe !== undefined) {
    const found = await readRecipe(recipe);
    const { template: own, normalize } = found;
    return { templates: [{ ...own, normalize }], labels: found.labels };
  }
  if (model !== undefined) {
    const manifest = await readManifest(resolve(model));
    const { yes, no } = manifest.labels;
    const { template: own, normalize } = manifest;
    return { templates: [{ ...own, normalize }], labels: [yes.text, no.text] };
  }
  const templates = await Promise.all(template.map(findTemplate));
  return { templates, labels: parseLabels(labels ?? 'yes,no') };
}

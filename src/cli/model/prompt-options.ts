import { resolve } from 'node:path';
import { readManifest } from '../../model/manifest.ts';
import type { CalibrationTemplate } from '../../toolchain/calibrate/calibration.ts';
import { readRecipe } from '../../toolchain/build/recipe.ts';
import { findTemplate, parseLabels } from './build.ts';
import { UsageError } from '../shared/usage.ts';

export interface Prompt {
  readonly templates: readonly CalibrationTemplate[];
  readonly labels: readonly [yes: string, no: string];
}

export interface PromptOptions {
  readonly recipe?: string | undefined;
  readonly model?: string | undefined;
  readonly template?: string[] | undefined;
  readonly labels?: string | undefined;
}

/** Templates and labels for calibration, from wherever they were said to be. @throws UsageError or RankError */
export async function findPrompt(options: PromptOptions): Promise<Prompt> {
  const { recipe, model, template = [], labels } = options;
  const given = [recipe, model, template[0]].filter((each) => each !== undefined);
  if (given.length !== 1 || (labels !== undefined && template.length === 0)) {
    throw new UsageError(
      'one of --recipe, --model and --template is needed; --labels goes with --template',
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

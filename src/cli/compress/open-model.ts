import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenCounter } from '../../compress/compressor.ts';
import { createTokenCounter } from '../../compress/token-counter.ts';
import { parseConfig, type ServedConfig } from '../../config/config.ts';
import { type Manifest, readManifest } from '../../model/manifest.ts';
import { loadTokenizer } from '../../text/tokenizer/tokenizer.ts';
import { ensureModel } from '../../toolchain/build/ensure-model.ts';
import { projectFolder } from '../../toolchain/build/project-folder.ts';
import { chooseModel } from '../shared/choose-model.ts';
import { scoringSettings } from '../shared/scoring-settings.ts';
import { printLine } from '../shared/standard-error.ts';

export interface ChosenModel {
  readonly config: ServedConfig;
  readonly manifest: Manifest;
  readonly counter: TokenCounter;
}

/**
 * The model of `--model`, a recipe's name or a folder, with its tokenizer. It is built when it is
 * named by its recipe and not there.
 */
export async function openModel(named: {
  readonly model: string | undefined;
  readonly devices: string | undefined;
}): Promise<ChosenModel> {
  const given = parseConfig(scoringSettings(named, process.env), []);
  const model = isRecipe(given.model)
    ? await ensureModel(given.model, providerOf(given), { onProgress: printLine })
    : await chooseModel(given);
  const manifest = await readManifest(model);
  return { config: { ...given, model }, manifest, counter: openCounter(model, manifest) };
}

/** A folder of that name comes first. */
function isRecipe(name: string | undefined): name is string {
  const isName = name !== undefined && /^[\w.-]+$/.test(name) && !existsSync(name);
  return isName && existsSync(projectFolder(`models/recipes/${name}.json`));
}

function providerOf({ devices }: Pick<ServedConfig, 'devices'>): 'cpu' | 'cuda' {
  return devices.some(({ provider }) => provider === 'cuda') ? 'cuda' : 'cpu';
}

function openCounter(model: string, manifest: Manifest): TokenCounter {
  return createTokenCounter(loadTokenizer(join(model, manifest.tokenizer.file)), manifest);
}

import type { DeviceSlot } from '../config.ts';
import { demoRecipe, ensureModel } from '../toolchain/ensure-model.ts';

/**
 * The model that was asked for, if one was, and the devices that it will run on, which are of one
 * kind.
 */
export interface ModelChoice {
  readonly model: string | undefined;
  readonly devices: readonly Pick<DeviceSlot, 'provider'>[];
}

/**
 * The folder of the model that a command works with. One that is named is taken as it is. Otherwise
 * it is the bundled model, which is built first when it is not there; progress goes to standard
 * error.
 */
export async function chooseModel(
  { model }: ModelChoice,
  ensure: typeof ensureModel = ensureModel,
): Promise<string> {
  return model ?? (await ensure(demoRecipe, (line) => void process.stderr.write(`${line}\n`)));
}

import { type Config, type DeviceSlot, providerOf } from '../../config/config.ts';
import { defaultRecipe, ensureModel } from '../../toolchain/build/ensure-model.ts';
import { messageOf } from '../../base/errors.ts';
import { printLine } from './standard-error.ts';

/** The model named by the user, if any, and the devices (all of one kind) that it will run on. */
export interface ModelChoice {
  readonly model: Config['model'];
  readonly devices: readonly Pick<DeviceSlot, 'provider'>[];
}

/**
 * The folder of the model that a command works with. A named model is taken as it is. Otherwise it
 * is the bundled model in the precision for these devices, which is built first when it is not
 * there; progress goes to standard error.
 *
 * @throws Error saying why the bundled model cannot be built.
 */
export async function chooseModel(
  { model, devices }: ModelChoice,
  ensure: typeof ensureModel = ensureModel,
): Promise<string> {
  if (model !== undefined) {
    return model;
  }
  try {
    return await ensure(defaultRecipe, providerOf(devices), { onProgress: printLine });
  } catch (cause) {
    throw new Error(
      `${defaultRecipe} cannot be built: ${messageOf(cause)}. Name a built model with --model or SLMRANK_MODEL to use that instead.`,
      { cause },
    );
  }
}

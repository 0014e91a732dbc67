import { systemClock } from '../../base/clock.ts';
import { type Config, typedName } from '../../config/config.ts';
import { type VerifiedModel, verifyModel } from '../../model/verified-model.ts';
import { withStates } from '../../model/with-states.ts';

/** Verifies a model's files, and returns it as these settings serve it. @throws RankError */
export function verifierFor(
  config: Pick<Config, 'statesMb' | 'given'>,
): (folder: string) => Promise<VerifiedModel> {
  return async (folder) => {
    const { manifest, files } = await verifyModel(folder, systemClock);
    const served =
      config.statesMb === 0 ? manifest : withStates(manifest, typedName(config, 'statesMb'));
    return { manifest: served, files };
  };
}

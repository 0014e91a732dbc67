import { at } from '../../base/at.ts';
import { packBatch } from '../../batch/pack/pack-batch.ts';
import type { ServedConfig } from '../../config/config.ts';
import { servedLimits } from '../../encode/served-limits.ts';
import { scoreGraph } from '../../model/manifest.ts';
import type { VerifiedModel } from '../../model/verified-model.ts';
import {
  type Bounds,
  boundsOf,
  settle,
  type Settled,
} from '../../pool/batching/choose-batching.ts';
import { measureBatching } from '../../pool/batching/measure-batching.ts';
import { openDeviceThread } from '../../pool/threads/device-thread.ts';
import { findWorker } from '../../pool/threads/worker-entry.ts';
import { warmUpParts } from '../../pool/warm-up.ts';
import type { Log } from '../../observe/log.ts';
import type { Signals } from '../shared/signals.ts';
import { killProcess, killWhenStuck } from './end-process.ts';

interface SettleOptions {
  readonly config: ServedConfig;
  readonly model: VerifiedModel;
  readonly log: Log;
  readonly signals: Signals;
  /** Measures instead of the GPU, in tests. */
  readonly measure?: typeof measureBatching;
}

/**
 * Chooses what the settings leave open for a GPU: the token budget and the number of replicas, by
 * runs of full batches of the longest candidates. On CPU the settings and their defaults hold.
 */
export async function settleBatching(options: SettleOptions): Promise<Settled> {
  const { config, model, log } = options;
  const bounds = boundsOf(config, model.manifest.parameters);
  const none = { measured: [] };
  const found = bounds === undefined ? none : await measureUntilStopped(options, bounds);
  const settled = settle(config, bounds, found);
  const { choices } = settled;
  const words = choices.map(({ setting, value, reason }) => `${setting} ${value} (${reason})`);
  log.info({ choices, ...found }, words.join(', '));
  return settled;
}

/** A signal ends the process as soon as no batch runs; a second one, at once. */
async function measureUntilStopped(
  { config, model, signals, measure = measureBatching }: SettleOptions,
  bounds: Bounds,
) {
  const stop = new AbortController();
  let end: (() => void) | undefined;
  let isMeasuring = true;
  signals.onStop((signal, status) => {
    if (stop.signal.aborted) {
      killProcess(signal);
    }
    process.stderr.write(`slmrank: ${signal} while starting: nothing was served yet\n`);
    end = () => process.exit(status);
    killWhenStuck(signal);
    stop.abort();
    if (!isMeasuring) {
      end();
    }
  });
  const found = await measure(bounds, { signal: stop.signal, ...onGpu(config, model) });
  isMeasuring = false;
  end?.();
  return found;
}

/** Threads on the first GPU, and batches of the longest candidates. */
function onGpu(config: ServedConfig, { manifest, files: verified }: VerifiedModel) {
  const data = { modelDir: config.model, manifest, slot: at(config.devices, 0), verified };
  const limits = servedLimits(config, manifest);
  return {
    openThread: () => openDeviceThread(findWorker('infer'), data, () => undefined),
    pack: (tokenBudget: number) => {
      const parts = warmUpParts(manifest, { provider: 'cuda', tokenBudget, ...limits });
      return packBatch(parts.slice(0, 1), scoreGraph(manifest, 'cuda'));
    },
  };
}

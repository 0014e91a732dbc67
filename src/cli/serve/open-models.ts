import { systemClock } from '../../base/clock.ts';
import type { Tell } from '../../domain/events.ts';
import { type Capture, captureTraffic } from '../../observe/capture.ts';
import { createPipeline, type PipelineOptions } from '../../pipeline/create-pipeline.ts';
import { ModelSet, type ModelSetOptions } from '../../pipeline/model-set.ts';
import type { WrapRank } from '../../pipeline/pipeline.ts';

type ModelOptions = Pick<ModelSetOptions, 'onShift' | 'verify'> & { readonly tell: Tell };

/** The models: the first one to serve, and how to open others. */
export function openModels(
  options: PipelineOptions & ModelOptions,
  capture: Capture | undefined,
): ModelSet {
  const { config, manifest, verified, log, tell, onShift, verify, fleet, workers = {} } = options;
  const { model: folder, devices } = config;
  return new ModelSet({
    first: { folder, manifest, verified, devices },
    open: ({ folder: model, devices: slots, ...source }) => {
      const served = { ...config, model, devices: slots };
      return createPipeline({
        ...source,
        config: served,
        fleet,
        workers,
        ...(log === undefined ? {} : { log }),
        ...(capture === undefined ? {} : { wrapRank: capturing(capture) }),
      });
    },
    clock: systemClock,
    tell,
    ...(onShift === undefined ? {} : { onShift }),
    ...(verify === undefined ? {} : { verify }),
  });
}

function capturing(capture: Capture): WrapRank {
  return (rank, estimate) => captureTraffic(rank, capture, { clock: systemClock, estimate });
}

import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';
import { type Checkpoint, floatTensors } from '../files/checkpoint.ts';
import { expectedTensors } from '../checkpoint/config/tensors.ts';
import { countValues } from '../files/tensor-type.ts';
import type { Layer } from '../calibrate/block-pieces.ts';

/**
 * A checkpoint with only the kept layers, renumbered. It reads the original, which must stay open.
 */
export function keepLayers(checkpoint: Checkpoint, kept: readonly number[]): Checkpoint {
  const blueprint = { ...checkpoint.blueprint, layers: kept.length };
  return {
    ...floatTensors,
    blueprint,
    files: checkpoint.files,
    shapes: expectedTensors(blueprint),
    readTensor: (name) => checkpoint.readTensor(renumber(name, kept)),
    close: () => checkpoint.close(),
  };
}

/** A checkpoint with some tensors of its layers replaced, to fit `blueprint`. */
export function replaceTensors(
  checkpoint: Checkpoint,
  blueprint: Blueprint,
  layers: readonly Layer[],
): Checkpoint {
  return {
    ...floatTensors,
    blueprint,
    files: checkpoint.files,
    shapes: expectedTensors(blueprint),
    readTensor: (name) => {
      const [, index, tensor = ''] = layerName.exec(name) ?? [];
      const found = index === undefined ? undefined : layers[Number(index)]?.get(tensor);
      return found === undefined ? checkpoint.readTensor(name) : Promise.resolve(found.data);
    },
    close: () => checkpoint.close(),
  };
}

/** A tied head counts once. */
export function countParameters(blueprint: Blueprint): number {
  return [...expectedTensors(blueprint).values()].reduce(
    (sum, shape) => sum + countValues(shape),
    0,
  );
}

const layerName = /^model\.layers\.(\d+)\.(.+)$/;

function renumber(name: string, kept: readonly number[]): string {
  return name.replace(layerName, (_, index: string, tensor: string) => {
    return `model.layers.${at(kept, Number(index))}.${tensor}`;
  });
}

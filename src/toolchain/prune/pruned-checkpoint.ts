import type { Blueprint } from '../../model/manifest.ts';
import { type Checkpoint, floatTensors } from '../files/checkpoint.ts';
import { expectedTensors } from '../checkpoint/tensors.ts';
import { countValues } from '../files/tensor-type.ts';
import type { Layer } from '../calibrate/block-pieces.ts';

/** A checkpoint with some of its layers, numbered anew. It reads from the original, which stays open. */
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

/** A checkpoint with tensors of its layers replaced, as `blueprint` says. */
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
      const [, index = '', tensor = ''] = layerName.exec(name) ?? [];
      const found = layers[Number(index)]?.get(tensor);
      return found === undefined ? checkpoint.readTensor(name) : Promise.resolve(found.data);
    },
    close: () => checkpoint.close(),
  };
}

/** A tied head counted once. */
export function countParameters(blueprint: Blueprint): number {
  return [...expectedTensors(blueprint).values()].reduce(
    (sum, shape) => sum + countValues(shape),
    0,
  );
}

const layerName = /^model\.layers\.(\d+)\.(.+)$/;

function renumber(name: string, kept: readonly number[]): string {
  return name.replace(layerName, (_, index: string, tensor: string) => {
    return `model.layers.${String(kept[Number(index)])}.${tensor}`;
  });
}

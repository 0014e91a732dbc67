import { createRandom } from '../../base/random.ts';
import { at } from '../../base/at.ts';
import { countValues } from '../files/tensor-type.ts';
import type { Blueprint } from '../../model/manifest.ts';
import { type Checkpoint, CheckpointError, floatTensors } from '../files/checkpoint.ts';
import { expectedTensors, outerTensors } from './config/tensors.ts';

/**
 * A checkpoint whose tensors are drawn from their name and the seed at every read: it may have any
 * size and keeps nothing in memory.
 */
export function randomCheckpoint(blueprint: Blueprint, seed = 1): Checkpoint {
  const shapes = expectedTensors(blueprint);
  return {
    ...floatTensors,
    blueprint,
    files: [`random ${blueprint.family} (seed ${seed})`],
    shapes,
    readTensor(name) {
      const shape = shapes.get(name);
      return shape === undefined
        ? Promise.reject(new CheckpointError(`no tensor ${name}`))
        : Promise.resolve(drawTensor(name, shape, seed));
    },
    close: () => Promise.resolve(),
  };
}

/** Norms are near 1; the scale of linears keeps activations and attention varied in every layer. */
function drawTensor(name: string, shape: readonly number[], seed: number): Float32Array {
  const random = createRandom(Buffer.from(name).reduce((h, byte) => (h * 31 + byte) | 0, seed));
  const isNorm = name.endsWith('norm.weight');
  const isSmall = name === outerTensors.embedding.name || shape.length === 1;
  const scale = isNorm ? 0.2 : isSmall ? 0.3 : 1.5 / Math.sqrt(at(shape, 1));
  const values = new Float32Array(countValues(shape));
  for (let i = 0; i < values.length; i++) {
    // The sum of three is nearly normal: mean 0, standard deviation 1.
    values[i] = (isNorm ? 1 : 0) + scale * 2 * (random() + random() + random() - 1.5);
  }
  return values;
}

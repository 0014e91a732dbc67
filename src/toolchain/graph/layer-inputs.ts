import { RankError } from '../../base/errors.ts';
import {
  type InputKind,
  inputKinds,
  readersWithin,
  splitLayerName,
} from '../checkpoint/config/tensors.ts';

export { type InputKind, inputKinds } from '../checkpoint/config/tensors.ts';

export interface LayerInput {
  readonly layer: number;
  readonly kind: InputKind;
}

/** Parses `LAYER.INPUT`, such as `0.down`; undefined when the text has another form. */
export function parseInput(text: string): LayerInput | undefined {
  const [, layer = '', name = ''] = /^(\d{1,3})\.(\w+)$/.exec(text) ?? [];
  const kind = inputKinds.find((each) => each === name);
  return kind && { layer: Number(layer), kind };
}

/** @throws RankError naming an input of a layer that the model does not have. */
export function assertInputs(inputs: readonly LayerInput[], layers: number): void {
  const odd = inputs.find(({ layer }) => layer >= layers);
  if (odd !== undefined) {
    throw new RankError(
      'invalid-argument',
      `${odd.layer}.${odd.kind} is to stay in floats; the checkpoint has layers 0 to ${layers - 1}`,
    );
  }
}

/** The input that a weight multiplies, by its Hugging Face name; undefined for other tensors. */
export function inputOf(name: string): LayerInput | undefined {
  const place = splitLayerName(name);
  const kind = place && inputKinds.find((each) => readersWithin(each).includes(place.within));
  return kind && { layer: place.layer, kind };
}

/** Hugging Face names of the weights that read an input. */
export function readersOf({ layer, kind }: LayerInput): readonly string[] {
  return readersWithin(kind).map((name) => `model.layers.${layer}.${name}`);
}

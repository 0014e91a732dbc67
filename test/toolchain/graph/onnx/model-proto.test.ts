import { describe, expect, it } from '@jest/globals';
import {
  encodeModel,
  type OnnxModel,
  parseModel,
} from '../../../../src/toolchain/graph/onnx/model-proto.ts';

const model: OnnxModel = {
  name: 'm',
  opsets: { '': 24, 'com.microsoft': 1 },
  inputs: [{ name: 'x', type: 'float16', dims: ['T', 8] }],
  outputs: [{ name: 'y', type: 'bool', dims: [] }],
  initializers: [
    {
      name: 'inside',
      type: 'int8',
      dims: [2],
      data: { kind: 'inline', bytes: Uint8Array.of(1, 255) },
    },
    {
      name: 'outside',
      type: 'float32',
      dims: [2, 3],
      // Beyond 4 GiB, so that an offset of 32 bits would be wrong.
      data: { kind: 'external', file: 'weights.bin', offset: 2 ** 33, bytes: 24 },
    },
  ],
  nodes: [
    {
      op: 'Gather',
      domain: '',
      inputs: ['outside', '', 'x'],
      outputs: ['y'],
      attributes: { axis: { int: -1 }, alpha: { float: 0.5 }, perm: { ints: [1, 0] } },
    },
    { op: 'QuickGelu', domain: 'com.microsoft', inputs: ['y'], outputs: ['z'], attributes: {} },
  ],
};

describe('an ONNX model', () => {
  it('is parsed to what was encoded', () => {
    const parsed = parseModel(encodeModel(model));
    const [inside, outside] = parsed.initializers;
    expect(parsed).toEqual({ ...model, initializers: [inside, outside] });
    expect(outside).toEqual(model.initializers[1]);
    expect(inside?.data.kind === 'inline' && [...inside.data.bytes]).toEqual([1, 255]);
  });
});

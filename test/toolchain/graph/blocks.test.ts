import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { openGraph } from '../../../src/engine/session.ts';
import {
  addAndNorm,
  addAndNormFor,
  gatherRows,
  opsets,
} from '../../../src/toolchain/graph/blocks.ts';
import { GraphBuilder } from '../../../src/toolchain/graph/onnx/graph-builder.ts';
import { encodeModel } from '../../../src/toolchain/graph/onnx/model-proto.ts';
import { createRandom, tinyBlueprint } from '../../support/models/tiny-model.ts';

const rows = 5;
/** The last row first, and one row twice. */
const order = Int32Array.of(4, 0, 0, 3);

/** The norm of x + residual for a reader in int8 or floats, its rows in `order`, and the sum. */
async function normalize(width: number, form: 'int8' | 'float32') {
  const random = createRandom(3);
  const values = (count: number) => Float32Array.from({ length: count }, () => 4 * random() - 2);
  const weight = { kind: 'inline', bytes: new Uint8Array(values(width).buffer) } as const;
  const graph = new GraphBuilder([{ name: 'norm', type: 'float32', dims: [width], data: weight }]);
  const blueprint = { ...tinyBlueprint('llama'), width };
  const int8Weights = new Set(form === 'int8' ? ['gate'] : []);
  const context = { graph, blueprint, type: 'float32', int8Weights } as const;
  const x = graph.input('x', 'float32', ['T', width]);
  const residual = graph.input('residual', 'float32', ['T', width]);
  const index = graph.input('index', 'int32', ['N']);
  const expected = addAndNorm(context, residual, x, 'norm');
  const found = addAndNormFor(context, { residual, x, weight: 'norm', reader: 'gate' });
  const picked = gatherRows(context, found.normed, index);
  const normed =
    picked.scales === undefined ? picked.values : graph.node('Mul', [picked.values, picked.scales]);
  const outputs = {
    expected: graph.node('Gather', [expected.normed, index]),
    normed,
    expectedSum: expected.residual,
    sum: found.residual,
  };
  for (const [name, value] of Object.entries(outputs)) {
    graph.nodeInto([name], 'Identity', [value]);
    graph.output(name, 'float32', ['rows', width]);
  }
  const session = await openGraph(encodeModel(graph.model('norm', opsets)), 1);
  // The first row is zeros.
  const inputRows = () => ({ data: values(rows * width).fill(0, 0, width), dims: [rows, width] });
  const results = await session.run({
    x: inputRows(),
    residual: inputRows(),
    index: { data: order, dims: [order.length] },
  });
  await session.close();
  const read = (name: keyof typeof outputs) =>
    Object.entries(results).flatMap(([key, found]) => (key === name ? [...found] : []));
  return { read, isScaled: picked.scales !== undefined };
}

function worst(found: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((value, i) => Math.abs(value - at(found, i))));
}

describe('the norm of a residual for int8 products', () => {
  it('leaves the size of a row to the scales of the products', async () => {
    const { read, isScaled } = await normalize(48, 'int8');
    expect(isScaled).toBe(true);
    expect(worst(read('normed'), read('expected'))).toBeLessThan(1e-5);
    expect(Math.max(...read('expected').map(Math.abs))).toBeGreaterThan(1);
    expect(read('sum')).toEqual(read('expectedSum'));
  });

  it.each([
    ['a reader in floats', 48, 'float32'],
    ['rows whose sums could depend on their place', 40, 'int8'],
  ] as const)('is one operator for %s', async (_what, width, form) => {
    const { read, isScaled } = await normalize(width, form);
    expect(isScaled).toBe(false);
    expect(read('normed')).toEqual(read('expected'));
    expect(read('sum')).toEqual(read('expectedSum'));
  });
});

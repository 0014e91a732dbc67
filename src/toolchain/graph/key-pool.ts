import { keptFeed, statesOutput, storedInput } from '../../batch/layouts/stored/stored.ts';
import { type BlockContext, castTo } from './blocks.ts';

/** Where the keys and values of a layer come from. */
export interface KeyPool {
  /**
   * All rows that the tiles' keys are gathered from, given those of the packed tokens: the keys
   * (`part` 0) or values (1) of a layer.
   */
  join(packed: string, layer: number, part: 0 | 1): string;
  /** Rows of the pool by index. [B, K] to [B, K, kvHeads x headDim] */
  gather(pool: string, index: string): string;
  /** Adds the graph's outputs. */
  finish(): void;
}

/** Every key is that of a packed token. */
export function packedKeys({ graph }: BlockContext): KeyPool {
  return {
    join: (packed) => packed,
    gather: (pool, index) => graph.node('Gather', [pool, index]),
    finish: () => undefined,
  };
}

/**
 * Stored keys and values, and behind them those of the packed tokens. All are rounded to fp16, so
 * that a token's are equal whether they are stored or computed. Keys are stored rotated.
 */
export function storedKeys({ graph, blueprint, type }: BlockContext): KeyPool {
  const parts = 2 * blueprint.layers;
  const width = blueprint.kvHeads * blueprint.headDim;
  const axis = (int: number) => ({ attributes: { axis: { int } } });
  graph.input(storedInput, 'float16', ['U', parts, width]);
  graph.input(keptFeed.name, keptFeed.type, keptFeed.dims);
  const kept: string[] = [];
  return {
    join(packed, layer, part) {
      const half = graph.node('Cast', [packed], castTo('float16'));
      const place = 2 * layer + part;
      kept[place] = graph.node('Gather', [half, keptFeed.name]);
      const stored = graph.node('Gather', [storedInput, graph.index(place)], axis(1));
      return graph.node('Concat', [stored, half], axis(0));
    },
    gather: (pool, index) =>
      graph.node('Cast', [graph.node('Gather', [pool, index])], castTo(type)),
    finish() {
      graph.nodeInto([statesOutput], 'Concat', kept, axis(1));
      graph.output(statesOutput, 'float16', ['M', parts * width]);
    },
  };
}

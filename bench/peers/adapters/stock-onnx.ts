/**
 * A stock export under ONNX Runtime, as step a of bench/ladder: padded, the logits of the whole
 * vocabulary, one session of all cores. Unlike there, batches have candidates of similar lengths.
 */
import { createRequire } from 'node:module';
import { at } from '../../../src/base/at.ts';
import { stockFeeds } from '../../ladder/stock-graph.ts';
import { open, toTensors } from '../../ladder/variants.ts';
import { serveAdapter } from './protocol.ts';

await serveAdapter(async ({ labels, threads, model, options }) => {
  const session = await open(model, threads);
  const size = Number(options['batch']);
  const run = async (rows: readonly Int32Array[]): Promise<readonly number[]> => {
    const { logits } = await session.run(toTensors(stockFeeds(rows)));
    const [, length = 0, vocabulary = 0] = logits?.dims ?? [];
    const values = logits?.data as Float32Array;
    return rows.map((row, i) => {
      const last = (i * length + row.length - 1) * vocabulary;
      return 1 / (1 + Math.exp(at(values, last + labels.no) - at(values, last + labels.yes)));
    });
  };
  // The server's own version: bench/peers has another one, for transformers.js.
  const own = createRequire(new URL('../../ladder/', import.meta.url));
  const { version } = own('onnxruntime-node/package.json') as { version: string };
  return {
    about: `onnxruntime-node ${version}, fp32, batches of ${size}`,
    rank: async ({ prefix, rows }) => {
      const order = rows.map((_, i) => i).sort((a, b) => at(rows, a).length - at(rows, b).length);
      const scores = new Array<number>(rows.length).fill(NaN);
      for (let start = 0; start < order.length; start += size) {
        const batch = order.slice(start, start + size);
        const answered = await run(batch.map((i) => Int32Array.of(...prefix, ...at(rows, i))));
        batch.forEach((row, i) => {
          scores[row] = at(answered, i);
        });
      }
      return scores;
    },
    close: () => session.release(),
  };
});

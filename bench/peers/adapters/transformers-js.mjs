/**
 * transformers.js on onnxruntime-node: the stock ONNX graph in its layout of files, batches of
 * similar lengths, padded on the right. The graph answers with the logits of the whole vocabulary at
 * every token, as exports do.
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AutoModelForCausalLM, env, Tensor } from '@huggingface/transformers';
import { serveAdapter } from './protocol.mjs';

await serveAdapter(async ({ labels, threads, model: folder, options }) => {
  env.allowRemoteModels = false;
  env.localModelPath = `${dirname(folder)}/`;
  const model = await AutoModelForCausalLM.from_pretrained(
    folder.slice(dirname(folder).length + 1),
    {
      dtype: 'fp32',
      device: 'cpu',
      session_options: { intraOpNumThreads: threads },
    },
  );
  const size = Number(options.batch);

  async function run(rows) {
    const length = Math.max(...rows.map((row) => row.length));
    const ids = new BigInt64Array(rows.length * length);
    const mask = new BigInt64Array(rows.length * length);
    rows.forEach((row, i) => {
      ids.set(BigInt64Array.from(row, BigInt), i * length);
      mask.fill(1n, i * length, i * length + row.length);
    });
    const shape = [rows.length, length];
    const { logits } = await model({
      input_ids: new Tensor('int64', ids, shape),
      attention_mask: new Tensor('int64', mask, shape),
    });
    const vocabulary = logits.dims[2];
    const scores = rows.map((row, i) => {
      const last = (i * length + row.length - 1) * vocabulary;
      return 1 / (1 + Math.exp(logits.data[last + labels.no] - logits.data[last + labels.yes]));
    });
    logits.dispose();
    return scores;
  }

  async function rank({ prefix, rows }) {
    const order = rows.map((_, i) => i).sort((a, b) => rows[a].length - rows[b].length);
    const scores = new Array(rows.length);
    for (let start = 0; start < order.length; start += size) {
      const batch = order.slice(start, start + size);
      (await run(batch.map((i) => [...prefix, ...rows[i]]))).forEach((score, i) => {
        scores[batch[i]] = score;
      });
    }
    return scores;
  }
  const packages = new URL('../node_modules/', import.meta.url);
  const versionOf = async (name) =>
    JSON.parse(await readFile(new URL(`${name}/package.json`, packages))).version;
  const about =
    `@huggingface/transformers ${await versionOf('@huggingface/transformers')}, ` +
    `onnxruntime-node ${await versionOf('onnxruntime-node')}, fp32, batches of ${size}`;
  return { about, rank };
});

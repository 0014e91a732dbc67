/**
 * llama.cpp by node-llama-cpp's prebuilt binary, through its public API. Sequences take the
 * candidates in turns and keep the request's prefix between them. Only the last token has logits; a
 * bias and top-k 2 leave the two answers, since handing over all 49,152 probabilities costs
 * milliseconds.
 */
import { readFile } from 'node:fs/promises';
import { getLlama, LlamaLogLevel, TokenBias } from 'node-llama-cpp';
import { serveAdapter } from './protocol.mjs';

/** Lifts both answers above all other tokens; it cancels in p(yes). */
const lift = 100;

await serveAdapter(async ({ requests, labels, threads, model: path, options }) => {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const longest = Math.max(
    ...requests.flatMap(({ prefix, rows }) => rows.map((row) => prefix.length + row.length)),
  );
  const count = Number(options.sequences);
  const context = await model.createContext({
    contextSize: longest + 1,
    sequences: count,
    batchSize: Number(options.batch),
    threads,
    flashAttention: options.flash === 'yes',
    batching: { itemPrioritizationStrategy: 'firstInFirstOut' },
  });
  const sequences = Array.from({ length: count }, () => context.getSequence());
  const tokenBias = new TokenBias(model.tokenizer);
  tokenBias.set(labels.yes, { logit: lift }).set(labels.no, { logit: lift });
  const generateNext = {
    probabilities: true,
    options: { temperature: 1, topK: 2, topP: 1, minP: 0, tokenBias },
  };

  /** p(yes). Between candidates the sequence keeps the prefix, and nothing that only chance shares. */
  async function score(sequence, prefix, row) {
    await sequence.adaptStateToTokens(prefix, false);
    const rest = [...prefix, ...row].slice(sequence.nextTokenIndex);
    const last = [rest.at(-1), { generateNext }];
    const answers = await sequence.controlledEvaluate([...rest.slice(0, -1), last]);
    const { probabilities } = answers.at(-1).next;
    const [yes, no] = [probabilities.get(labels.yes), probabilities.get(labels.no)];
    return yes / (yes + no);
  }

  async function rank({ prefix, rows }) {
    const order = rows.map((_, i) => i).sort((a, b) => rows[a].length - rows[b].length);
    const scores = new Array(rows.length);
    const lane = async (sequence) => {
      for (let i = order.shift(); i !== undefined; i = order.shift()) {
        scores[i] = await score(sequence, prefix, rows[i]);
      }
    };
    await Promise.all(sequences.map(lane));
    return scores;
  }
  const { version } = JSON.parse(
    await readFile(new URL('../node_modules/node-llama-cpp/package.json', import.meta.url)),
  );
  const features = [...llama.systemInfo.matchAll(/(\w+) = 1/g)].map(([, name]) => name);
  const about =
    `node-llama-cpp ${version}, llama.cpp ${llama.llamaCppRelease.release}, ${count} sequence(s), batch ${options.batch}, ` +
    `flash attention ${options.flash === 'yes' ? 'on' : 'off'}, CPU features ${features.join(' ')}`;
  return { about, rank };
});

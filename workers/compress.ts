import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { at } from '../src/base/at.ts';
import { messageOf, RankError } from '../src/base/errors.ts';
import type { Compressor, ScoreGroups, SourceText } from '../src/compress/compressor.ts';
import { createCompressor } from '../src/compress/compressors.ts';
import { createGroupEncoder } from '../src/compress/encode-groups.ts';
import { effortPlans } from '../src/compress/search/effort.ts';
import { defaultLengthWeight } from '../src/compress/search/fidelity.ts';
import { readProbes } from '../src/compress/search/probes.ts';
import { createSearchCompressor } from '../src/compress/search/search.ts';
import { readBackground } from '../src/compress/text/background.ts';
import { createTokenCounter } from '../src/compress/token-counter.ts';
import type { RequestEncoder } from '../src/encode/encode.ts';
import { createRequestEncoder } from '../src/encode/request-encoder.ts';
import type {
  CompressMessage,
  CompressReply,
  CompressWorkerData,
  MadeSummary,
} from '../src/pool/compress/messages.ts';
import { scoreBy, ScorePort } from '../src/pool/compress/score-port.ts';
import { loadTokenizer } from '../src/text/tokenizer/tokenizer.ts';

/**
 * The thread that makes summaries of items. Between two texts and whenever it waits for the ranker
 * it takes other messages. Errors are sent as replies.
 */

const loaded = load(parseWorkerData(workerData));

interface Loaded {
  readonly encoder: RequestEncoder;
  readonly phrases: Compressor;
  /** The search that asks a ranker. Undefined when none is planned. */
  readonly search: ((score: ScoreGroups) => Compressor) | undefined;
  readonly encodeGroup: ReturnType<typeof createGroupEncoder>;
}

export default async function answer(message: CompressMessage): Promise<CompressReply> {
  if ('message' in loaded) {
    return loaded;
  }
  try {
    return await handle(loaded, message);
  } catch (error) {
    return toFailure(error);
  }
}

function load(data: CompressWorkerData): Loaded | Extract<CompressReply, { kind: 'failed' }> {
  try {
    return open(data);
  } catch (error) {
    return toFailure(error);
  }
}

function open({ modelDir, manifest, limits, plan }: CompressWorkerData): Loaded {
  const tokenizerPath = join(modelDir, manifest.tokenizer.file);
  const { sha256 } = manifest.tokenizer;
  const expected = { sha256, vocabulary: manifest.blueprint.vocabulary };
  const { template, normalize } = manifest;
  const encoder = createRequestEncoder({ tokenizerPath, expected, template, normalize, limits });
  const counter = createTokenCounter(loadTokenizer(tokenizerPath, expected), manifest);
  const background = readBackground(plan.background);
  const parts = { counter, background, budget: plan.budget };
  const phrases = createCompressor('phrases', parts);
  const encodeGroup = createGroupEncoder({ order: template.order, encoder });
  if (plan.method !== 'search') {
    return { encoder, phrases, encodeGroup, search: undefined };
  }
  const probes = readProbes(plan.probes, background);
  const search = (score: ScoreGroups) =>
    createSearchCompressor({
      ...parts,
      probes,
      score,
      fingerprint: manifest.fingerprint,
      plan: effortPlans[plan.effort],
      lengthWeight: defaultLengthWeight,
      maxLoss: undefined,
    });
  return { encoder, phrases, encodeGroup, search };
}

async function handle(tools: Loaded, message: CompressMessage): Promise<CompressReply> {
  switch (message.kind) {
    case 'describe':
      return describe(tools);
    case 'phrases':
      return { kind: 'made', made: await make(tools, tools.phrases, message.source) };
    case 'search':
      return { kind: 'made', made: await search(tools, message) };
    case 'encode':
      return { kind: 'encoded', ids: encode(tools.encoder, message.source) };
  }
}

async function search(
  tools: Loaded,
  { source, port: end }: Extract<CompressMessage, { kind: 'search' }>,
): Promise<MadeSummary> {
  const port = new ScorePort(end);
  try {
    const compressor = tools.search?.(scoreBy(port, tools.encodeGroup));
    if (compressor === undefined) {
      throw new Error('this is a bug: no search is planned');
    }
    return await make(tools, compressor, source);
  } finally {
    port.close();
  }
}

function describe({ phrases, search: open }: Loaded): CompressReply {
  const named = open?.(() => Promise.reject(new Error('this is a bug: nothing is asked')));
  return {
    kind: 'described',
    phrases: { method: phrases.method, version: phrases.version },
    search: named === undefined ? undefined : { method: named.method, version: named.version },
  };
}

async function make(
  { encoder }: Loaded,
  compressor: Compressor,
  source: SourceText,
): Promise<MadeSummary> {
  const compressed = await compressor.compress(source);
  return { ...compressed, ids: encode(encoder, { ...source, text: compressed.text }) };
}

/**
 * The ids of a candidate without the suffix, as a request's candidate has them. None of a candidate
 * that is too long, because ids do not tell that they were cut.
 */
function encode(encoder: RequestEncoder, { title, text }: SourceText): Int32Array {
  const outcome = encoder.encode({
    query: '',
    instruction: undefined,
    context: undefined,
    candidates: [{ title, text }],
    truncation: 'end',
    maxCandidateTokens: undefined,
  });
  if (!outcome.ok) {
    throw new RankError('invalid-argument', outcome.message);
  }
  const { ids, tokens, truncated } = at(outcome.encoded.candidates, 0);
  return ids.slice(0, truncated ? 0 : tokens);
}

function toFailure(error: unknown): Extract<CompressReply, { kind: 'failed' }> {
  return { kind: 'failed', message: messageOf(error) };
}

/** The pool sets it; messages.ts has the type. */
function parseWorkerData(data: unknown): CompressWorkerData {
  return data as CompressWorkerData;
}

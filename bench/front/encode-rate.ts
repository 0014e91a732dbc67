import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { servedLimits } from '../../src/encode/served-limits.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { readThreadTimes } from './thread-times.ts';

/** Of one thread, without the messages to and from it. */
export interface EncodeRate {
  /** For each second of processor time. */
  readonly tokensPerSecond: number;
  /** Tokens for each of a candidate's bytes. */
  readonly tokensPerByte: number;
}

interface EncoderModule {
  readonly createRequestEncoder: typeof createRequestEncoder;
}

const candidates = 50;
const rounds = 8;
const limits = { prefixTokens: 1024, candidateTokens: 512 };

/** How fast each build's encoder encodes the postings; the builds take turns. */
export async function measureEncoders(
  modelDir: string,
  postings: readonly Passage[],
  builds: readonly (string | undefined)[],
): Promise<readonly EncodeRate[]> {
  const manifest = await readManifest(modelDir);
  const options = {
    tokenizerPath: join(modelDir, manifest.tokenizer.file),
    template: manifest.template,
    normalize: manifest.normalize,
    limits: servedLimits(limits, manifest),
  };
  const modules = await Promise.all(builds.map(load));
  const runs = modules.map((module) => ({
    encoder: module.createRequestEncoder(options),
    bestMs: Number.POSITIVE_INFINITY,
    tokens: 0,
  }));
  const tasks = tasksOf(postings);
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      const before = readThreadTimes(process.pid).main;
      run.tokens = tasks.reduce((sum, task) => sum + countTokens(run.encoder.encode(task)), 0);
      run.bestMs = Math.min(run.bestMs, readThreadTimes(process.pid).main - before);
    }
  }
  const bytes = postings.reduce((sum, { title, text }) => sum + Buffer.byteLength(title + text), 0);
  return runs.map(({ tokens, bestMs }) => ({
    tokensPerSecond: (1000 * tokens) / bestMs,
    tokensPerByte: tokens / bytes,
  }));
}

function load(build: string | undefined): Promise<EncoderModule> {
  return build === undefined
    ? Promise.resolve({ createRequestEncoder })
    : (import(
        pathToFileURL(resolve(build, 'src/encode/request-encoder.js')).href
      ) as Promise<EncoderModule>);
}

function tasksOf(postings: readonly Passage[]) {
  return Array.from({ length: Math.ceil(postings.length / candidates) }, (_, n) => ({
    query: 'night shift nurse',
    instruction: undefined,
    context: undefined,
    candidates: postings.slice(n * candidates, (n + 1) * candidates),
    truncation: 'end' as const,
    maxCandidateTokens: undefined,
  }));
}

function countTokens(
  outcome: ReturnType<ReturnType<typeof createRequestEncoder>['encode']>,
): number {
  if (!outcome.ok) {
    throw new Error(outcome.message);
  }
  return outcome.encoded.candidates.reduce((sum, { tokens }) => sum + tokens, 0);
}

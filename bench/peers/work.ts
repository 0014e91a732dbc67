import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import { scoringSettings } from '../../src/cli/shared/scoring-settings.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { candidateText, type Passage } from '../../src/eval/data/beir.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { selectQueries } from '../../src/eval/data/select-queries.ts';
import { readParetoData } from '../../src/eval/report/input/data.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import type { PeerRequest } from './adapters/protocol.ts';

/** A query and its candidates, with their grades where the data has judgements. */
export interface JudgedRequest {
  readonly query: string;
  readonly candidates: readonly Passage[];
  readonly grades:
    | { readonly candidates: readonly number[]; readonly judged: readonly number[] }
    | undefined;
}

export interface WorkOptions {
  /** A BEIR folder with judgements; undefined for models/demo, which has none. */
  readonly beir: string | undefined;
  readonly split: string;
  readonly requests: number;
  /** Most candidates of a request. */
  readonly candidates: number;
}

/** Queries spread evenly over the data, each with the first stage's first candidates. */
export async function readRequests(options: WorkOptions): Promise<readonly JudgedRequest[]> {
  const { beir, split, requests: limit, candidates: depth } = options;
  if (beir === undefined) {
    const { queries } = await readDemoData(projectFolder('models/demo'));
    return queries.slice(0, limit).map(({ query, candidates }) => ({
      query,
      candidates: candidates.slice(0, depth),
      grades: undefined,
    }));
  }
  const run = join(beir, 'runs', 'pool.trec.gz');
  const data = await readParetoData({ beir, split, run, limit: Infinity });
  return [...selectQueries(data.run, limit)].map(([id, entries]) => {
    const candidates = entries.slice(0, depth).flatMap((entry) => data.corpus.get(entry.id) ?? []);
    const grades = data.judgements.get(id) ?? new Map<string, number>();
    return {
      query: data.queries.get(id)?.text ?? '',
      candidates,
      grades: {
        candidates: candidates.map((each) => grades.get(each.id) ?? 0),
        judged: [...grades.values()],
      },
    };
  });
}

export interface EncodedWork {
  readonly requests: readonly PeerRequest[];
  readonly labels: { readonly yes: number; readonly no: number };
  /** Over all requests. */
  readonly candidates: number;
  /** Tokens of all rows, each with its prefix. */
  readonly tokens: number;
}

/** Token ids by the model's own template, normalizer and limits, as the server encodes them. */
export async function encodeRequests(
  model: string,
  requests: readonly JudgedRequest[],
): Promise<EncodedWork> {
  const manifest = await readManifest(model);
  const config = parseConfig(scoringSettings({ model, devices: undefined }, process.env), []);
  const { prefixTokens, candidateTokens } = config;
  const encoder = createRequestEncoder({
    tokenizerPath: join(model, manifest.tokenizer.file),
    template: manifest.template,
    normalize: manifest.normalize,
    limits: { prefixTokens, candidateTokens, rowTokens: manifest.blueprint.rowTokens },
  });
  const encoded = requests.map(({ query, candidates }): PeerRequest => {
    const outcome = encoder.encode({
      query,
      instruction: undefined,
      context: undefined,
      candidates: candidates.map((each) => candidateText(each, true)),
      truncation: 'end',
      maxCandidateTokens: undefined,
    });
    if (!outcome.ok) {
      throw new Error(`'${query}' cannot be encoded: ${outcome.message}`);
    }
    return {
      query,
      candidates: candidates.map(({ title, text }) => ({ title, text })),
      prefix: [...outcome.encoded.prefix],
      rows: outcome.encoded.candidates.map(({ ids }) => [...ids]),
    };
  });
  const rows = encoded.flatMap(({ prefix, rows }) => rows.map((row) => prefix.length + row.length));
  const { yes, no } = manifest.labels;
  return {
    requests: encoded,
    labels: { yes: yes.id, no: no.id },
    candidates: rows.length,
    tokens: rows.reduce((sum, length) => sum + length, 0),
  };
}

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { RankError } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import { parseTemplate } from '../../model/manifest.ts';
import type { PromptTemplate } from '../../text/template.ts';
import { type NormalizeStep, parseNormalize } from '../../text/normalize/normalize.ts';

/**
 * Requests with the token ids and label logits that the reference library computes for them.
 * models/goldens/make_golden.py writes the file.
 */
export interface Golden {
  /** The reference library and its versions. */
  readonly reference: string;
  /** `sourceSha256` of the checkpoint that the reference ran. */
  readonly sourceSha256: string;
  readonly template: PromptTemplate;
  /** The steps that normalized the texts before they were encoded; none when undefined. */
  readonly normalize?: readonly NormalizeStep[] | undefined;
  readonly labelIds: readonly [yes: number, no: number];
  readonly requests: readonly GoldenRequest[];
}

export interface GoldenRequest {
  readonly query: string;
  readonly instruction: string | undefined;
  readonly context: string | undefined;
  /** Token ids. */
  readonly prefix: readonly number[];
  /** Token ids. With a query-first template, the file has them once for all requests. */
  readonly suffix: readonly number[];
  readonly candidates: readonly GoldenCandidate[];
}

export interface GoldenCandidate {
  readonly title: string | undefined;
  readonly text: string;
  /** Token ids of title and text, without the suffix. */
  readonly ids: readonly number[];
  readonly logits: readonly [yes: number, no: number];
}

const tokenIds = { min: 0, max: (1 << 24) - 1 };

/**
 * Reads a `.json` or `.json.gz` file.
 *
 * @throws RankError when the file cannot be read, or naming field, found and allowed.
 */
export async function readGolden(path: string): Promise<Golden> {
  const raw = await readFile(path).catch((cause: unknown) => {
    throw new RankError('not-found', `${path} cannot be read; a golden is needed`, { cause });
  });
  return parseGolden((path.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8'), path);
}

/** @throws RankError naming field, found and allowed. */
export function parseGolden(text: string, where: string): Golden {
  const json = JsonRecord.parse(text, where);
  json.oneOf('format', [1]);
  const labels = json.record('labels');
  const suffix = json.has('suffix') ? json.counts('suffix', tokenIds) : undefined;
  return {
    reference: json.text('reference'),
    sourceSha256: json.text('sourceSha256'),
    template: parseTemplate(json.record('template')),
    normalize: parseNormalize(json),
    labelIds: [
      labels.record('yes').count('id', tokenIds),
      labels.record('no').count('id', tokenIds),
    ],
    requests: json.records('requests').map((request) => ({
      query: request.text('query'),
      instruction: request.has('instruction') ? request.text('instruction') : undefined,
      context: request.has('context') ? request.text('context') : undefined,
      prefix: request.counts('prefix', tokenIds),
      suffix: suffix ?? request.counts('suffix', tokenIds),
      candidates: request.records('candidates').map(parseCandidate),
    })),
  };
}

function parseCandidate(json: JsonRecord): GoldenCandidate {
  const [yes, no, ...more] = json.numbers('logits');
  if (yes === undefined || no === undefined || more.length > 0) {
    json.fail('logits', 'two numbers');
  }
  return {
    title: json.has('title') ? json.text('title') : undefined,
    text: json.text('text'),
    ids: json.counts('ids', tokenIds),
    logits: [yes, no],
  };
}

import { join } from 'node:path';
import type { Manifest } from '../../model/manifest.ts';
import { readManifest, verifyFiles } from '../../model/manifest.ts';
import { RankError } from '../../base/errors.ts';
import { createRequestEncoder } from '../../encode/request-encoder.ts';
import { templateHash } from '../../text/template.ts';
import { findTemplateWarnings } from '../../text/template-warnings.ts';
import { loadTokenizer } from '../../text/tokenizer/tokenizer.ts';
import { openSession } from '../../engine/session.ts';
import type { Golden } from './golden.ts';
import {
  dealRows,
  type Logits,
  type Row,
  type RunBatch,
  scoreRows,
  unshared,
} from '../../batch/score-rows.ts';
import * as checks from './verify-checks.ts';
import { consistencyRequests } from './verify-requests.ts';

export interface VerifyOptions {
  readonly dir: string;
  /** Without one, the model is only held against itself. */
  readonly golden: Golden | undefined;
  readonly device: { readonly provider: 'cpu' | 'cuda'; readonly deviceId: number };
  readonly threads: number;
  readonly onProgress: (line: string) => void;
}

export interface VerifyReport {
  readonly model: string;
  readonly fingerprint: string;
  readonly precision: Manifest['precision'];
  /** Undefined when no reference was at hand. */
  readonly reference: string | undefined;
  readonly rows: number;
  readonly checks: readonly checks.Check[];
  /** What is odd about the template: it fails no check. */
  readonly warnings: readonly string[];
  readonly passed: boolean;
}

/** Packed tokens of one run, about what a server's batch has. */
const tokenBudget = 1024;
/** Batches that are run again in other orders and company: each is a run of the whole model. */
const companyBatches = 2;
/**
 * Largest allowed difference: of a logit from the reference's, and of p(yes) between two ways of packing; and the least
 * share of pairs in the reference's order. int8 is held to a reference with the same rounded weights: what is left is the
 * rounding of activations, which changes with the model. Its packing is exact within the same shapes (see the checks of
 * order and neighbours); in others, attention may differ in a last bit, and a value on the edge rounds the other way.
 */
const tolerances = {
  fp32: { logit: 1e-3, probability: 1e-3, packing: 1e-5, order: 0.99 },
  fp16: { logit: 5e-2, probability: 1e-2, packing: 2e-3, order: 0.97 },
  int8: { logit: 2, probability: 0.2, packing: 2e-3, order: 0.8 },
} as const;

interface Setting {
  readonly manifest: Manifest;
  readonly rows: readonly Row[];
  readonly places: readonly string[];
  readonly run: RunBatch;
  readonly onProgress: (line: string) => void;
}

/**
 * Scores a model's golden, or a few requests of our own, as the server does (tokenizer, template, packing, session)
 * and compares: with the reference, and with itself in other company.
 *
 * @throws RankError when the model cannot be loaded, or the golden is for another checkpoint, template or labels.
 */
export async function verifyModel(options: VerifyOptions): Promise<VerifyReport> {
  const { dir, golden, onProgress } = options;
  const manifest = await readManifest(dir);
  onProgress('comparing checksums');
  const files = await checkFiles(dir, manifest);
  if (golden !== undefined) {
    assertMatches(golden, manifest);
  }
  const { rows, places } = encodeRows(dir, manifest, golden);
  const session = await openSession({
    modelDir: dir,
    manifest,
    ...options.device,
    threads: options.threads,
  });
  try {
    const run = (batch: Parameters<RunBatch>[0]) => session.run(batch);
    const found = await runChecks({ manifest, rows, places, run, onProgress }, golden);
    const all = [files, ...found];
    return {
      model: manifest.name,
      fingerprint: manifest.fingerprint,
      precision: manifest.precision,
      reference: golden?.reference,
      rows: rows.length,
      checks: all,
      warnings: findTemplateWarnings({
        ...manifest,
        tokenizer: loadTokenizer(join(dir, manifest.tokenizer.file)),
      }),
      passed: all.every((check) => check.passed),
    };
  } finally {
    await session.close();
  }
}

/** Why a golden says nothing about a model; undefined when it does. */
export function findMismatch(golden: Golden, manifest: Manifest): string | undefined {
  const labelIds = [manifest.labels.yes.id, manifest.labels.no.id];
  if (golden.sourceSha256 !== manifest.source.sha256) {
    return `it is of checkpoint ${golden.sourceSha256}; the model was built from ${manifest.source.sha256}`;
  }
  if (templateHash(golden.template) !== manifest.templateHash) {
    return `its template has hash ${templateHash(golden.template)}; the model's ${manifest.templateHash}`;
  }
  const [steps, ownSteps] = [golden, manifest].map(({ normalize = [] }) => normalize.join());
  if (steps !== ownSteps) {
    return `it normalizes texts by ${steps || 'no step'}; the model by ${ownSteps || 'no step'}`;
  }
  if (golden.labelIds.join() !== labelIds.join()) {
    return `its labels have the ids ${golden.labelIds.join()}; the model's ${labelIds.join()}`;
  }
  return undefined;
}

function assertMatches(golden: Golden, manifest: Manifest): void {
  const mismatch = findMismatch(golden, manifest);
  if (mismatch !== undefined) {
    throw new RankError('invalid-argument', `the golden is not for this model: ${mismatch}`);
  }
}

async function checkFiles(dir: string, manifest: Manifest): Promise<checks.Check> {
  const name = 'file checksums';
  try {
    await verifyFiles(dir, manifest);
    return { name, passed: true, detail: '3 files equal' };
  } catch (error) {
    return { name, passed: false, detail: RankError.from(error).message };
  }
}

function encodeRows(dir: string, manifest: Manifest, golden: Golden | undefined) {
  const { rowTokens } = manifest.blueprint;
  const encoder = createRequestEncoder({
    tokenizerPath: join(dir, manifest.tokenizer.file),
    template: manifest.template,
    normalize: manifest.normalize,
    limits: { prefixTokens: rowTokens, candidateTokens: rowTokens, rowTokens },
  });
  const rows: Row[] = [];
  const places: string[] = [];
  (golden?.requests ?? consistencyRequests).forEach((request, number) => {
    const outcome = encoder.encode({
      query: request.query,
      instruction: request.instruction,
      context: request.context,
      candidates: request.candidates.map((each, id) => ({
        id: String(id),
        title: each.title,
        text: each.text,
      })),
      truncation: 'error',
      maxCandidateTokens: undefined,
    });
    if (!outcome.ok) {
      throw new RankError('invalid-argument', `request ${number}: ${outcome.message}`);
    }
    const { prefix, candidates } = outcome.encoded;
    candidates.forEach(({ ids }, index) => {
      rows.push({ prefix, ids });
      places.push(`request ${number}, candidate ${index}`);
    });
  });
  return { rows, places };
}

async function runChecks(setting: Setting, golden: Golden | undefined): Promise<checks.Check[]> {
  const { rows, places, manifest, onProgress } = setting;
  const tolerance = tolerances[manifest.precision];
  const grouping = dealRows(rows, tokenBudget);
  onProgress(`scoring ${rows.length} rows in ${grouping.length} mixed batches`);
  const packed = await scoreRows(rows, grouping, withGroups(setting));
  const found: checks.Check[] = [];
  if (golden !== undefined) {
    const pair = { found: packed, expected: goldenScores(golden) };
    found.push(
      checks.checkTokenIds(rows, golden, places),
      checks.checkLogits('logits, reference', pair, places, tolerance.logit),
      checks.checkProbabilities('p(yes), reference', pair, places, tolerance.probability),
      checks.checkOrder(rows, pair, tolerance.order),
    );
  }
  onProgress(`scoring each of ${rows.length} rows alone, sharing nothing`);
  const alone = await scoreRows(
    rows.map(unshared),
    rows.map((_row, index) => [index]),
    withGroups(setting),
  );
  const pair = { found: packed, expected: alone };
  found.push(
    checks.checkLogits('logits, shared and packed against alone', pair, places, tolerance.logit),
    checks.checkProbabilities(
      'p(yes), shared and packed against alone',
      pair,
      places,
      tolerance.packing,
    ),
    ...(await checkCompany(setting, grouping, packed)),
    checks.checkDistinct(rows, packed, places),
  );
  return found;
}

/** Within the same shapes nothing about the neighbours may show, not even in the last bit. */
async function checkCompany(
  setting: Setting,
  grouping: readonly (readonly number[])[],
  packed: ReadonlyMap<number, Logits>,
): Promise<checks.Check[]> {
  const { rows, places, onProgress } = setting;
  const shared = grouping.filter((group) => group.length > 1).slice(0, companyBatches);
  onProgress(`scoring ${shared.flat().length} rows in reverse order, and among other neighbours`);
  const reversed = await scoreRows(
    rows,
    shared.map((group) => group.toReversed()),
    withGroups(setting),
  );
  const isKept = (row: number) => row % 2 === 0;
  const replaced = rows.map((row, index) =>
    isKept(index) ? row : { ...row, ids: row.ids.toReversed() },
  );
  const among = await scoreRows(replaced, shared, withGroups(setting));
  const kept = new Map([...among].filter(([row]) => isKept(row)));
  return [
    checks.checkIdentical('order reversed', { found: reversed, expected: packed }, places),
    checks.checkIdentical('neighbours replaced', { found: kept, expected: packed }, places),
  ];
}

function withGroups({ run, manifest }: Setting) {
  return { run, attentionGroups: manifest.attentionGroups };
}

function goldenScores(golden: Golden): ReadonlyMap<number, Logits> {
  const logits = golden.requests.flatMap(({ candidates }) => candidates.map((each) => each.logits));
  return new Map(logits.entries());
}

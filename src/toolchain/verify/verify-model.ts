import { join } from 'node:path';
import {
  type GraphFile,
  type Manifest,
  readManifest,
  scoreGraph,
  verifyFiles,
} from '../../model/manifest.ts';
import { listFiles } from '../../model/model-files.ts';
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
} from '../../batch/pack/score-rows.ts';
import * as checks from './verify-checks.ts';
import { consistencyRequests } from './verify-requests.ts';

export interface VerifyOptions {
  readonly dir: string;
  /** Without a golden, the model is compared only with itself. */
  readonly golden: Golden | undefined;
  readonly device: { readonly provider: 'cpu' | 'cuda'; readonly deviceId: number };
  readonly threads: number;
  readonly onProgress: (line: string) => void;
}

export interface VerifyReport {
  readonly model: string;
  readonly fingerprint: string;
  readonly precision: Manifest['precision'];
  /** Library and versions of the golden's reference; undefined without a golden. */
  readonly reference: string | undefined;
  readonly rows: number;
  readonly checks: readonly checks.Check[];
  /** Oddities of the template. They fail no check. */
  readonly warnings: readonly string[];
  readonly passed: boolean;
}

/** Packed tokens of one batch, about as many as in a server's batch. */
const tokenBudget = 1024;
/**
 * Number of batches that are run again in reverse order and with other neighbours. Each costs two
 * runs of the whole model.
 */
const repeatedBatches = 2;
/**
 * `logit` and `probability` are the largest differences from the reference, `packing` the largest
 * difference of p(yes) between two packings, and `order` the least share of pairs in the
 * reference's order. An int8 reference has the same rounded weights, so only the rounding of
 * activations differs, by an amount that depends on the model. In equal packed shapes an int8 score
 * has the same bits (see the checks of order and neighbours). In others, attention may differ in a
 * last bit, and an activation halfway between two steps is then rounded the other way.
 */
const tolerances = {
  fp32: { logit: 1e-3, probability: 1e-3, packing: 1e-5, order: 0.99 },
  fp16: { logit: 5e-2, probability: 1e-2, packing: 2e-3, order: 0.97 },
  int8: { logit: 2, probability: 0.2, packing: 2e-3, order: 0.8 },
} as const;

interface Verification {
  readonly manifest: Manifest;
  readonly graph: GraphFile;
  readonly rows: readonly Row[];
  readonly places: readonly string[];
  readonly run: RunBatch;
  readonly onProgress: (line: string) => void;
}

/**
 * Scores the requests of a golden, or a few built-in ones, as the server does (tokenizer, template,
 * packing, session). Compares the scores with the reference, and with the model's own scores in
 * other batches.
 *
 * @throws RankError when the model cannot be loaded, or when the golden is for another checkpoint,
 * template or labels.
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
    const graph = scoreGraph(manifest, options.device.provider);
    const found = await runChecks({ manifest, graph, rows, places, run, onProgress }, golden);
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

/** The reason why a golden does not apply to a model; undefined when it applies. */
export function findMismatch(golden: Golden, manifest: Manifest): string | undefined {
  const labelIds = [manifest.labels.yes.id, manifest.labels.no.id];
  if (golden.sourceSha256 !== manifest.source.sha256) {
    const own = manifest.source.sha256;
    return `it is for checkpoint ${golden.sourceSha256}; the model was built from ${own}`;
  }
  if (templateHash(golden.template) !== manifest.templateHash) {
    const hash = templateHash(golden.template);
    return `its template has hash ${hash}; the model's has ${manifest.templateHash}`;
  }
  const [steps, ownSteps] = [golden, manifest].map(({ normalize = [] }) => normalize.join());
  if (steps !== ownSteps) {
    return `it normalizes texts by ${steps || 'no step'}; the model does by ${ownSteps || 'no step'}`;
  }
  if (golden.labelIds.join() !== labelIds.join()) {
    return `its labels have the ids ${golden.labelIds.join()}; the model's have ${labelIds.join()}`;
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
    return { name, passed: true, detail: `${listFiles(manifest).length} files equal` };
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

async function runChecks(
  verification: Verification,
  golden: Golden | undefined,
): Promise<checks.Check[]> {
  const { rows, places, manifest, onProgress } = verification;
  const tolerance = tolerances[manifest.precision];
  const grouping = dealRows(rows, tokenBudget);
  onProgress(`scoring ${rows.length} rows in ${grouping.length} mixed batches`);
  const packed = await scoreRows(rows, grouping, runnerOf(verification));
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
  onProgress(`scoring each of ${rows.length} rows in a batch of its own`);
  const alone = await scoreRows(
    rows.map(unshared),
    rows.map((_row, index) => [index]),
    runnerOf(verification),
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
    ...(await checkNeighbours(verification, grouping, packed)),
    checks.checkDistinct(rows, packed, places),
  );
  return found;
}

/** In equal packed shapes, the neighbours of a row may not change a bit of its score. */
async function checkNeighbours(
  verification: Verification,
  grouping: readonly (readonly number[])[],
  packed: ReadonlyMap<number, Logits>,
): Promise<checks.Check[]> {
  const { rows, places, onProgress } = verification;
  const runner = runnerOf(verification);
  const shared = grouping.filter((group) => group.length > 1).slice(0, repeatedBatches);
  onProgress(`scoring ${shared.flat().length} rows in reverse order, and with other neighbours`);
  const reversed = await scoreRows(
    rows,
    shared.map((group) => group.toReversed()),
    runner,
  );
  const isKept = (row: number) => row % 2 === 0;
  const replaced = rows.map((row, index) =>
    isKept(index) ? row : { ...row, ids: row.ids.toReversed() },
  );
  const besideReplaced = await scoreRows(replaced, shared, runner);
  const kept = new Map([...besideReplaced].filter(([row]) => isKept(row)));
  return [
    checks.checkIdentical('order reversed', { found: reversed, expected: packed }, places),
    checks.checkIdentical('neighbours replaced', { found: kept, expected: packed }, places),
  ];
}

function runnerOf({ run, graph }: Verification) {
  return { run, plan: graph };
}

function goldenScores(golden: Golden): ReadonlyMap<number, Logits> {
  const logits = golden.requests.flatMap(({ candidates }) => candidates.map((each) => each.logits));
  return new Map(logits.entries());
}

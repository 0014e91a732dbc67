import { RankError } from '../../../base/errors.ts';
import type { DeskCall } from '../../../desk/answer.ts';
import type { Ranked, Ranker } from '../../../desk/ranker.ts';
import type { RankForm } from '../../../desk/request-rules.ts';
import { invalidRequest } from '../../../desk/violations.ts';
import type { WireModelInferRequest } from '../../../proto/generated/inference/ModelInferRequest.ts';
import type { WireModelInferResponseInput } from '../../../proto/generated/inference/ModelInferResponse.ts';
import { queryRuns } from '../../../desk/query-runs.ts';
import { toRankForm } from '../../wire/request.ts';
import { readTexts, writeFloats, writeIntegers } from './tensors.ts';

/** The tensors of the NeMo Retriever reranker's KServe interface. */
export const inputNames = ['QUERY', 'PASSAGE'] as const;
export const outputs = [
  { name: 'SCORE', datatype: 'FP32' },
  { name: 'LOGIT', datatype: 'FP32' },
  { name: 'TOKENS', datatype: 'INT32' },
] as const;

/** Of a request, the only model that may answer; of a response, the model that has answered. */
const fingerprintParameter = 'score_fingerprint';

/** The only version: models are told apart by their names. */
export const modelVersion = '1';

interface Row {
  readonly score: number;
  readonly logit: number;
  readonly tokens: number;
}

/**
 * Scores each passage for its query. Pairs that follow each other with the same query are one
 * ranking request.
 *
 * @throws RankError as Triton would: a full queue is `unavailable`.
 */
export async function infer(
  request: WireModelInferRequest,
  requestId: string,
  call: DeskCall,
  {
    ranker,
    mostPassages,
  }: { readonly ranker: Pick<Ranker, 'rank'>; readonly mostPassages: number },
): Promise<WireModelInferResponseInput> {
  const asked = readOutputs(request);
  const forms = readForms(request, mostPassages);
  // All begin in one turn of the event loop, so that one model ranks them.
  const answers = await Promise.all(forms.map((form) => rank(form, requestId, call, ranker)));
  const rows = answers.flatMap(rowsOf);
  const columns = { SCORE: 'score', LOGIT: 'logit', TOKENS: 'tokens' } as const;
  return {
    modelName: request.modelName,
    modelVersion,
    id: request.id,
    ...describeModel(answers),
    outputs: asked.map((output) => ({ ...output, shape: [rows.length, 1] })),
    rawOutputContents: asked.map(({ name, datatype }) => {
      const values = rows.map((row) => row[columns[name]]);
      return datatype === 'FP32' ? writeFloats(values) : writeIntegers(values);
    }),
  };
}

async function rank(
  form: RankForm,
  requestId: string,
  call: DeskCall,
  ranker: Pick<Ranker, 'rank'>,
): Promise<Ranked> {
  try {
    return await ranker.rank(form, requestId, call);
  } catch (thrown) {
    const error = RankError.from(thrown);
    const { retryAfterMs, reason, quotaOf, cause } = error;
    throw error.kind === 'overloaded'
      ? new RankError('unavailable', error.message, { retryAfterMs, reason, quotaOf, cause })
      : error;
  }
}

/** @throws RankError `invalid-argument` for more passages than a batch of ModelConfig has. */
function readForms(request: WireModelInferRequest, mostPassages: number): readonly RankForm[] {
  const queries = readTexts(request, 'QUERY');
  const passages = readTexts(request, 'PASSAGE');
  const runs = queryRuns(queries, passages);
  if (runs === undefined) {
    const description =
      `'QUERY' has ${queries.length} texts and 'PASSAGE' has ${passages.length}; ` +
      'one query is needed, or as many as passages';
    throw invalidRequest([{ field: 'inputs', description }]);
  }
  if (passages.length > mostPassages) {
    const description = `'PASSAGE' has ${passages.length} texts; allowed 1 to ${mostPassages}`;
    throw invalidRequest([{ field: 'inputs', description }]);
  }
  return runs.map(({ query, texts }) => formOf(query, texts, request));
}

function formOf(
  query: string,
  passages: readonly string[],
  { modelName, parameters }: WireModelInferRequest,
): RankForm {
  const { truncate, timeout } = parameters;
  const scoreFingerprint = readPin(parameters);
  const timeoutUs = Number(timeout?.uint64Param ?? timeout?.int64Param ?? 0);
  return toRankForm({
    query,
    candidates: passages.map((text) => ({ id: '', text })),
    returnText: false,
    scoreKind: 'SCORE_KIND_PROBABILITY',
    truncation: truncate?.stringParam === 'NONE' ? 'TRUNCATION_ERROR' : 'TRUNCATION_END',
    partialOk: false,
    priority: 'PRIORITY_UNSPECIFIED',
    adaptiveDepth: false,
    noCache: false,
    onBadCandidate: 'ON_BAD_CANDIDATE_REFUSE',
    model: modelName,
    ...(scoreFingerprint === undefined ? {} : { scoreFingerprint }),
    ...(timeoutUs > 0 ? { timeoutMs: Math.ceil(timeoutUs / 1000) } : {}),
  });
}

/** @throws RankError for a value that is no text: without it any model could answer. */
function readPin({
  [fingerprintParameter]: pin,
}: WireModelInferRequest['parameters']): string | undefined {
  if (pin !== undefined && pin.stringParam === undefined) {
    const [given] = Object.entries(pin).filter(([, value]) => value !== undefined);
    const found = given === undefined ? 'has no value' : `is ${String(given[1])}, no text`;
    const description = `${found}; a string_param with a score fingerprint is needed`;
    throw invalidRequest([{ field: `parameters.${fingerprintParameter}`, description }]);
  }
  return pin?.stringParam;
}

function readOutputs({
  outputs: asked,
}: WireModelInferRequest): readonly (typeof outputs)[number][] {
  if (asked.length === 0) {
    return outputs;
  }
  return asked.map(({ name }, place) => {
    const found = outputs.find((output) => output.name === name);
    if (found === undefined) {
      const allowed = outputs.map((output) => output.name).join(', ');
      const description = `is '${name.slice(0, 100)}', which is no output; allowed: ${allowed}`;
      throw invalidRequest([{ field: `outputs[${place}]`, description }]);
    }
    return found;
  });
}

function describeModel([first]: readonly Ranked[]): Pick<
  WireModelInferResponseInput,
  'parameters'
> {
  return first === undefined
    ? {}
    : { parameters: { [fingerprintParameter]: { stringParam: first.manifest.fingerprint } } };
}

/** In the order of the passages. */
function rowsOf({ reply }: Ranked): readonly Row[] {
  return reply.results.toSorted((a, b) => a.index - b.index);
}

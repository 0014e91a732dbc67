import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { RankError } from '../../../base/errors.ts';
import type { Ranker } from '../../../desk/ranker.ts';
import type { WireModelInferRequest } from '../../../proto/generated/inference/ModelInferRequest.ts';
import { type Received, unwrap } from '../../wire/guard-decoder.ts';
import { type CallParts, unary } from '../unary.ts';
import { infer, inputNames, modelVersion, outputs } from './infer.ts';

export interface KserveParts extends CallParts {
  readonly ranker: Ranker;
  readonly config: { readonly candidates: number };
  readonly version: string;
  /** Whether the server should get requests now. */
  readonly isServing: () => boolean;
}

interface Named {
  readonly name: string;
}

const triton = { INT32: 'TYPE_INT32', FP32: 'TYPE_FP32' } as const;
const platform = 'slmrank';

/** Handlers for `guardInference`: the Open Inference Protocol in front of the same desk. */
export function kserveService(parts: KserveParts): UntypedServiceImplementation {
  const { ranker, version, isServing, config } = parts;
  const asked = { ranker, mostPassages: config.candidates };
  const answer = <In, Out>(method: string, work: (message: In) => Out) =>
    unary<Received<In>, Out>({ method, work: (received) => work(unwrap(received)) }, parts);
  const named = <Out>(method: string, work: (name: string) => Out) =>
    answer<Named, Out>(method, (asked) => work(servedName(ranker, asked)));
  return {
    ServerLive: answer('ServerLive', () => ({ live: true })),
    ServerReady: answer('ServerReady', () => ({ ready: isServing() })),
    ModelReady: answer<Named, object>('ModelReady', ({ name }) => ({
      ready: isServing() && name === ranker.info().manifest.name,
    })),
    ServerMetadata: answer('ServerMetadata', () => ({
      name: 'slmrank',
      version,
      extensions: ['model_configuration'],
    })),
    ModelMetadata: named('ModelMetadata', metadataOf),
    ModelConfig: named('ModelConfig', (name) => ({ config: configOf(name, config) })),
    ModelInfer: unary<Received<WireModelInferRequest>, object>(
      {
        // The name under which rankings are counted, whatever protocol asks for them.
        method: 'Rank',
        requestIdOf: (received) => (received.ok ? received.message.id : undefined),
        work: (received, requestId, call) => infer(unwrap(received), requestId, call, asked),
      },
      parts,
    ),
  };
}

function metadataOf(name: string) {
  return {
    name,
    versions: [modelVersion],
    platform,
    inputs: inputNames.map((input) => ({ name: input, datatype: 'BYTES', shape: [-1, 1] })),
    outputs: outputs.map((output) => ({ ...output, shape: [-1, 1] })),
  };
}

function configOf(name: string, { candidates: maxBatchSize }: KserveParts['config']) {
  return {
    name,
    platform,
    backend: platform,
    maxBatchSize,
    input: inputNames.map((input) => ({ name: input, dataType: 'TYPE_STRING', dims: [1] })),
    output: outputs.map(({ name: output, datatype }) => ({
      name: output,
      dataType: triton[datatype],
      dims: [1],
    })),
  };
}

/** @throws RankError `not-found` for another model. */
function servedName(ranker: Ranker, { name }: Named): string {
  const { name: served } = ranker.info().manifest;
  if (name !== served) {
    const message = `model '${name.slice(0, 100)}' is not served here; '${served}' is`;
    throw new RankError('not-found', message, { reason: 'MODEL_NOT_FOUND' });
  }
  return served;
}

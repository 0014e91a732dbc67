import type { FastifyInstance } from 'fastify';
import { RankError } from '../../../base/errors.ts';
import { servedLimits } from '../../../encode/served-limits.ts';
import { textType } from '../../../observe/metrics/registry.ts';
import { writeTeiError } from '../shapes/errors.ts';
import { describeApi } from './openapi.ts';
import type { ApiParts } from './rank-routes.ts';

/** What clients of other servers ask before they rank: health, the model, the document. */
export function addInfoRoutes(app: FastifyInstance, parts: ApiParts): void {
  const open = { config: { isOpen: true, writeError: writeTeiError } };
  app.get('/health', open, (_request, reply) => {
    if (!parts.isServing()) {
      throw new RankError('unavailable', 'the server is starting or draining');
    }
    return reply.send({ status: 'ok' });
  });
  app.get('/openapi.json', open, () => describeApi(parts.served.version));
  app.get('/v1/models', () => {
    const { manifest } = parts.ranker.info();
    return {
      object: 'list',
      data: [{ id: manifest.name, object: 'model', created: 0, owned_by: 'slmrank' }],
    };
  });
  app.get('/metrics', async (_request, reply) => {
    if (parts.metrics === undefined) {
      throw new RankError('not-found', 'this server has no metrics');
    }
    return await reply.type(textType).send(await parts.metrics());
  });
  app.get('/info', () => infoOf(parts));
}

/** As Text Embeddings Inference describes itself. */
function infoOf({ config, ranker, served }: ApiParts) {
  const { manifest } = ranker.info();
  const { candidateTokens } = servedLimits(config, manifest);
  const { yes, no } = manifest.labels;
  return {
    model_id: manifest.name,
    model_sha: manifest.fingerprint,
    model_dtype: manifest.precision,
    model_type: {
      reranker: {
        id2label: { 0: no.text, 1: yes.text },
        label2id: { [no.text]: 0, [yes.text]: 1 },
      },
    },
    max_concurrent_requests: config.openCalls,
    max_input_length: candidateTokens,
    max_batch_tokens: config.tokenBudget,
    max_client_batch_size: config.candidates,
    auto_truncate: true,
    tokenization_workers: config.encoders,
    version: served.version,
  };
}

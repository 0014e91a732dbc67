import type { TSchema } from '@sinclair/typebox';
import { fingerprintKey } from '../../../proto/metadata-keys.ts';
import { type Api, rankRoutes } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The OpenAPI 3.1 document of the HTTP address, made of the schemas that bodies are checked
 * against.
 */
export function describeApi(version: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'slmrank',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Ranks candidates for a query. Scores are the probability of "yes", 0 to 1. Our own ' +
        'service in JSON (Connect protocol) is described by proto/slmrank/v1/ranking.proto.',
    },
    security: [{}, { key: [] }],
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    paths: {
      ...Object.fromEntries(
        rankRoutes.map(({ path, apis }) => [path, { post: describePost(path, apis) }]),
      ),
      ...Object.fromEntries(
        Object.entries(pages).map(([path, summary]) => [path, { get: describeGet(path, summary) }]),
      ),
      ...Object.fromEntries(
        ['Rank', 'EstimateRank', 'GetInfo', 'Tokenize'].map((name) => [
          `/slmrank.v1.RankingService/${name}`,
          { post: describeOwn(name) },
        ]),
      ),
    },
  };
}

const pages: Readonly<Record<string, string>> = {
  '/health': '200 while the server takes requests, 503 otherwise',
  '/info': 'the model and the limits',
  '/v1/models': 'the name of the model that is served',
  '/metrics': "the metrics in Prometheus' text format",
  '/openapi.json': 'this document',
};

function describePost(path: string, apis: readonly Api[]): Json {
  return {
    operationId: operationId('post', path),
    summary: apis.map(({ name }) => name).join('; '),
    parameters: [pin],
    requestBody: {
      required: true,
      content: content(apis.map(({ shape }) => shape.body)),
    },
    responses: {
      200: {
        description: 'the ranking',
        headers: { [fingerprintKey]: { schema: hash, description: 'of the model that ranked' } },
        content: content(apis.map(({ shape }) => shape.reply)),
      },
      ...errors,
    },
  };
}

function describeGet(path: string, description: string): Json {
  const responses = { 200: { description, content: content([]) }, ...errors };
  return { operationId: operationId('get', path), summary: description, responses };
}

function describeOwn(name: string): Json {
  return {
    operationId: name,
    summary: `${name} of slmrank.v1.RankingService in protobuf's JSON form (Connect protocol)`,
    ...(name === 'GetInfo' ? {} : { parameters: [pin] }),
    requestBody: { required: true, content: content([]) },
    responses: { 200: { description: 'the reply', content: content([]) }, ...errors },
  };
}

/** 'postV2Rerank' of 'post' and '/v2/rerank' */
function operationId(method: string, path: string): string {
  return method + path.replace(/[/.]+(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function content(schemas: readonly TSchema[]): Json {
  const [only = { type: 'object' }] = schemas;
  const schema = schemas.length > 1 ? { oneOf: schemas } : only;
  return { 'application/json': { schema } };
}

const hash = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const pin = {
  name: fingerprintKey,
  in: 'header',
  required: false,
  schema: hash,
  description: 'the score fingerprint of the only model that may answer; another one answers 503',
};
const retry = { 'Retry-After': { schema: { type: 'integer' }, description: 'seconds' } };
const errors = {
  400: { description: 'the body is wrong; the message names the field' },
  401: { description: 'a valid API key is needed' },
  404: { description: 'no such model or item' },
  413: { description: 'the body is too long' },
  415: { description: 'the body is not application/json' },
  429: { description: 'the server or the quota is full', headers: retry },
  503: {
    description: 'the server is starting, draining, without a replica, or has another model',
    headers: retry,
  },
  504: { description: 'the time limit passed' },
};

import type { ServiceDefinition } from '@grpc/grpc-js';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../../config/config.ts';
import type { Ranked, Ranker } from '../../../desk/ranker.ts';
import type { RankForm } from '../../../desk/request-rules.ts';
import { invalidRequest } from '../../../desk/violations.ts';
import { RankError } from '../../../base/errors.ts';
import { fingerprintKey } from '../../../proto/metadata-keys.ts';
import { guardService, rankingMethods } from '../../grpc/ranking-service.ts';
import type { CallParts, UnaryMethod } from '../../grpc/unary.ts';
import type { FrontDoor } from '../../door/front-door.ts';
import { serverTiming, serverTimingKey } from '../../wire/metadata.ts';
import type { Served } from '../../wire/reply.ts';
import { writeConnectError } from '../shapes/errors.ts';
import { inWordsOf, limitMsOf, type Shape } from '../shapes/shape.ts';
import { one } from './admit-calls.ts';
import { ask, type HttpQuestion } from './ask.ts';
import { bodyChecker } from './check-body.ts';
import { type JsonMethod, jsonMethods } from './connect.ts';
import { apiOf, type RankRoute, rankRoutes } from './routes.ts';

/** The parts of the server that HTTP shares with gRPC. */
export interface ApiParts extends CallParts {
  readonly config: Config;
  readonly door: Pick<FrontDoor, 'admitHttp' | 'attachHttp'>;
  readonly ranker: Ranker;
  readonly served: Served;
  /** Whether the server should get requests now. */
  readonly isServing: () => boolean;
  /** The exposition in Prometheus' text format. */
  readonly metrics?: (() => Promise<string>) | undefined;
}

/** Other servers' APIs, and our own service in JSON. */
export function addRankRoutes(app: FastifyInstance, parts: ApiParts): void {
  const rank: UnaryMethod<RankForm, Ranked> = {
    method: 'Rank',
    timeLimitMsOf: limitMsOf,
    work: (form, requestId, call) => parts.ranker.rank(form, requestId, call),
  };
  const { candidates: most } = parts.config;
  for (const route of rankRoutes) {
    addRankRoute(app, route, most, (form, question) => ask(rank, form, question, parts));
  }
  const definition: ServiceDefinition = guardService(parts.root, parts.served);
  for (const method of jsonMethods(definition, rankingMethods(parts), parts.root)) {
    addJsonMethod(app, method, parts);
  }
}

function addRankRoute(
  app: FastifyInstance,
  route: RankRoute,
  mostCandidates: number,
  rank: (form: RankForm, question: HttpQuestion) => Promise<Ranked>,
): void {
  const [{ writeError }] = route.apis;
  const checks = new Map(route.apis.map(({ shape }) => [shape, bodyChecker(shape.body)]));
  app.post(route.path, { config: { writeError } }, async (request, reply) => {
    const { body } = request;
    const { shape, writeError: own } = apiOf(route, body);
    request.writeError = own;
    checks.get(shape)?.(body);
    const { forms, write } = shape.read(body as never);
    assertCount(forms, mostCandidates, shape.names);
    const question = questionOf(request, reply);
    try {
      const answers = await Promise.all(forms.map((form) => rank(form, question)));
      answers.slice(0, 1).forEach(({ manifest }) => {
        reply.header(fingerprintKey, manifest.fingerprint);
      });
      return write(answers, request.requestId);
    } catch (error) {
      throw error instanceof RankError ? inWordsOf(shape.names, error) : error;
    }
  });
}

/** The desk checks each form alone. @throws RankError `invalid-argument` */
function assertCount(forms: readonly RankForm[], most: number, names: Shape['names']): void {
  const count = forms.reduce((sum, { candidates }) => sum + candidates.length, 0);
  if (forms.length > 1 && count > most) {
    const { candidates: field = 'candidates' } = names;
    throw invalidRequest([{ field, description: `has ${count} entries; allowed 1 to ${most}` }]);
  }
}

function addJsonMethod(
  app: FastifyInstance,
  { path, method, read, write }: JsonMethod,
  parts: ApiParts,
): void {
  app.post(path, { config: { writeError: writeConnectError } }, async (request, reply) => {
    const message = read(request.body);
    const answer = await ask(method, message, questionOf(request, reply), parts);
    return await reply.type('application/json').send(write(answer));
  });
}

/** Header of the Connect protocol: the client's own limit. */
const timeoutKey = 'connect-timeout-ms';

function questionOf(request: FastifyRequest, reply: FastifyReply): HttpQuestion {
  const timeout = one(request.headers[timeoutKey]);
  const left = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) {
      left.abort();
    }
  });
  return {
    requestId: request.requestId,
    caller: request.caller,
    timeLeftMs:
      timeout !== undefined && /^\d{1,10}$/.test(timeout)
        ? Number(timeout)
        : Number.POSITIVE_INFINITY,
    left: left.signal,
    noteTimes: (times) => {
      reply.header(serverTimingKey, serverTiming(times));
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Caller, parseCaller } from '../../../desk/caller.ts';
import { isUsableRequestId } from '../../../desk/violations.ts';
import { fingerprintKey } from '../../../proto/metadata-keys.ts';
import type { FrontDoor } from '../../door/front-door.ts';
import { headerValue } from '../../wire/metadata.ts';
import { type WriteError, writeRerankError } from '../shapes/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** How its errors are written; set once the API is known. */
    writeError: WriteError;
    caller: Caller;
    requestId: string;
  }
  interface FastifyContextConfig {
    /** Whether callers without a key may call the route. */
    readonly isOpen?: boolean;
    /** How errors are written that come before the body is read. */
    readonly writeError?: WriteError;
  }
}

interface AdmitParts {
  readonly door: Pick<FrontDoor, 'admitHttp'>;
  readonly config: { readonly requestBytes: number };
}

/** Admits every call within the limits of the front door, before its body is read. */
export function admitCalls(app: FastifyInstance, { door, config }: AdmitParts): void {
  app.decorateRequest('writeError', writeRerankError);
  app.decorateRequest('requestId', '');
  app.decorateRequest('caller');
  app.addHook('onRequest', (request, reply, done) => {
    const { headers, routeOptions } = request;
    request.writeError = routeOptions.config.writeError ?? writeRerankError;
    request.requestId = [one(headers['x-request-id'])].find(isUsableRequestId) ?? randomUUID();
    reply.header('x-request-id', headerValue(request.requestId));
    reply.header('cache-control', 'no-store');
    const { client, leave } = door.admitHttp({
      socket: request.raw.socket,
      authorization: headers.authorization,
      isOpen: routeOptions.config.isOpen === true,
      bytes: mostBodyBytes(request, config.requestBytes),
    });
    reply.raw.once('close', leave);
    request.caller = parseCaller(
      client ?? one(headers['x-client-id']),
      one(headers['traceparent']),
      one(headers[fingerprintKey]),
    );
    done();
  });
}

/** The length that the client has told, or the most that is read when it has told none. */
function mostBodyBytes({ headers, method }: FastifyRequest, most: number): number {
  const length = Number(headers['content-length']);
  if (Number.isSafeInteger(length) && headers['transfer-encoding'] === undefined) {
    return Math.min(length, most);
  }
  return method === 'GET' || method === 'HEAD' ? 0 : most;
}

export function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

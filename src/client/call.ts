import {
  type Client,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';

/** A call that did not end with OK. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** The status's name, such as `RESOURCE_EXHAUSTED`. */
  readonly code: string;

  constructor(method: string, code: string, details: string) {
    super(`${method}: ${code}: ${details}`);
    this.code = code;
  }
}

export type Method<In, Out> = Pick<
  MethodDefinition<In, Out>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>;

/** One unary call with a deadline `timeoutMs` from now. @throws CallError */
export function call<In, Out>(
  client: Client,
  method: Method<In, Out>,
  request: In,
  timeoutMs: number,
): Promise<Out> {
  return callWith(client, method, { request, timeoutMs, headers: {} });
}

interface Asked<In> {
  readonly request: In;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The same, with metadata. @throws CallError */
export function callWith<In, Out>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Method<In, Out>,
  { request, timeoutMs, headers }: Asked<In>,
): Promise<Out> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs };
    const metadata = new Metadata();
    Object.entries(headers).forEach(([key, value]) => metadata.set(key, value));
    const settle = (error: ServiceError | null, reply?: Out) => {
      if (error !== null || reply === undefined) {
        reject(toCallError(path, error));
      } else {
        resolve(reply);
      }
    };
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      options,
      settle,
    );
  });
}

/** The error of a failed call. `path` is '/package.Service/Method'; the error names the method. */
export function toCallError(path: string, error: ServiceError | null): CallError {
  const method = path.slice(path.lastIndexOf('/') + 1);
  const code = status[error?.code ?? status.UNKNOWN];
  return new CallError(method, code, error?.details ?? 'no answer');
}

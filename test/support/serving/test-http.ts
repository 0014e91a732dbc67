import { startTestServer, type TestServer } from './test-server.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body. */
  readonly body: unknown;
}

export interface TestHttp extends TestServer {
  readonly url: string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<HttpAnswer>;
  get(path: string, headers?: Record<string, string>): Promise<HttpAnswer>;
}

/** A test server that also listens for HTTP. */
export async function startTestHttp(
  ...[settings = {}, options]: Parameters<typeof startTestServer>
): Promise<TestHttp> {
  const server = await startTestServer({ 'http-address': '127.0.0.1:0', ...settings }, options);
  const url = `http://${server.httpAddress ?? ''}`;
  const ask = async (path: string, init: RequestInit): Promise<HttpAnswer> => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  };
  return {
    ...server,
    url,
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    get: (path, headers = {}) => ask(path, { headers }),
  };
}

import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HttpListener } from '../../../src/server/http/listener.ts';
import { openObservePort } from '../../../src/server/http/observe-port.ts';
import { MetricRegistry } from '../../../src/observe/metrics/registry.ts';
import { parseExposition } from '../../support/serving/exposition.ts';

const state: { hindrance: string | undefined } = { hindrance: undefined };
let port: HttpListener;

beforeEach(async () => {
  state.hindrance = undefined;
  const registry = new MetricRegistry({ replicas: ['cpu#0'], buckets: [32] });
  port = await openObservePort({
    address: '127.0.0.1:0',
    metrics: () => registry.text(),
    findHindrance: () => state.hindrance,
  });
});
afterEach(() => port.close());

function get(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://${port.address}${path}`, init);
}

describe('the observation port', () => {
  test('/metrics is a valid exposition in the requested format', async () => {
    const text = await get('/metrics');
    expect([text.status, text.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const families = parseExposition(await text.text());
    expect(families.get('slmrank_requests_total')?.type).toBe('counter');

    // The header that Prometheus 3 sends.
    const accept =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';
    const open = await get('/metrics', { headers: { accept } });
    expect(open.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    const body = await open.text();
    expect(body.endsWith('# EOF\n')).toBe(true);
    expect(parseExposition(body).get('slmrank_requests')?.type).toBe('counter');
  });

  test('/livez is 200 whatever the server does', async () => {
    state.hindrance = 'draining';
    expect((await get('/livez')).status).toBe(200);
  });

  test('/readyz is 200 while serving, otherwise 503 with the reason', async () => {
    expect((await get('/readyz')).status).toBe(200);
    state.hindrance = 'no replica is ready';
    const refused = await get('/readyz?verbose');
    expect([refused.status, await refused.text()]).toEqual([503, 'no replica is ready\n']);
  });

  test('HEAD is answered like GET, without the body', async () => {
    const head = await get('/livez', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      '6',
      '',
    ]);
  });

  test('other paths are 404 and other methods 405', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/metricsx')).status).toBe(404);
    const post = await get('/metrics', { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('scrapes at the same time share an exposition, and an impatient client is disconnected', async () => {
    let made = 0;
    let finish: (text: string) => void = () => undefined;
    const slow = await openObservePort({
      address: '127.0.0.1:0',
      metrics: () => {
        made += 1;
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
      findHindrance: () => undefined,
    });
    const [host, number] = slow.address.split(':');
    const greedy = connect(Number(number), host);
    greedy.on('error', () => undefined);
    greedy.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(200));
    await new Promise((resolve) => greedy.once('close', resolve));
    const scrapes = [1, 2].map(() => fetch(`http://${slow.address}/metrics`));
    await fetch(`http://${slow.address}/livez`);
    finish('m 1\n');
    const texts = await Promise.all(scrapes.map(async (scrape) => await (await scrape).text()));
    await slow.close();
    expect([made, texts]).toEqual([1, ['m 1\n', 'm 1\n']]);
  });

  test('metrics that cannot be read are a 500', async () => {
    const broken = await openObservePort({
      address: '127.0.0.1:0',
      metrics: () => Promise.reject(new Error('broken')),
      findHindrance: () => undefined,
    });
    const answer = await fetch(`http://${broken.address}/metrics`);
    await broken.close();
    expect([answer.status, await answer.text()]).toEqual([
      500,
      'the metrics cannot be read: Error: broken\n',
    ]);
  });

  test('an address in use is an error that names the setting', async () => {
    const options = {
      address: port.address,
      metrics: () => Promise.resolve(''),
      findHindrance: () => undefined,
    };
    await expect(openObservePort(options)).rejects.toThrow(
      /cannot listen on 127\.0\.0\.1:\d+ for metrics: .*EADDRINUSE.*SLMRANK_METRICS_ADDRESS/,
    );
  });
});

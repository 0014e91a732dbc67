import { Agent, type IncomingMessage, request } from 'node:http';
import { at } from '../../../src/base/at.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { fingerprintKey } from '../../../src/proto/metadata-keys.ts';
import { sleep } from '../../chaos/wait.ts';
import type { Page } from '../core/lists.ts';
import { type End, pageOf, settle, type Traffic } from './traffic.ts';

const attempts = 8;
const pauseMs = 100;

/**
 * Ranks over HTTP with connections that are kept alive. A connection that breaks and a 503 are
 * tried on the next server, as proxies do.
 */
export async function rankByHttp(traffic: Traffic, from: number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  let turn = from;
  for (let n = from; !traffic.isStopped; n += 1) {
    const call = { page: pageOf(traffic, n), pin: undefined, sentAtMs: traffic.nowMs() };
    let end: End = { error: 'not sent', isWrongModel: false };
    for (let retries = 0; retries < attempts && 'error' in end; retries += 1) {
      if (retries > 1) {
        await sleep(pauseMs);
      }
      const { http } = at(traffic.places, turn++ % traffic.places.length);
      end = await post(agent, http, call.page, retries).catch((error: unknown) => ({
        error: messageOf(error),
        isWrongModel: false,
      }));
    }
    settle(traffic, 'http', call, end);
  }
  agent.destroy();
}

interface Body {
  readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
}

async function post(
  agent: Agent,
  address: string,
  { query, texts }: Page,
  retries: number,
): Promise<End> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(
      `http://${address}/v1/rerank`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      resolve,
    )
      .on('error', reject)
      .end(JSON.stringify({ query, documents: texts }));
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (response.statusCode !== 200) {
    throw new Error(`HTTP ${response.statusCode ?? 0}: ${text.slice(0, 80)}`);
  }
  const { results } = JSON.parse(text) as Body;
  return {
    fingerprint: String(response.headers[fingerprintKey]),
    scores: results.toSorted((a, b) => a.index - b.index).map((each) => each.relevance_score),
    retries,
  };
}

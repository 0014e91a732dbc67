import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import type { WireRankRequestInput } from '../../../src/proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankStreamResponse } from '../../../src/proto/generated/slmrank/v1/RankStreamResponse.ts';
import { createDeferred } from '../../../src/base/deferred.ts';
import { sleep } from '../../chaos/wait.ts';
import type { Page } from '../core/lists.ts';
import { messageOf, scoresOf, service } from './grpc-client.ts';
import { pageOf, settle, type Traffic } from './traffic.ts';

interface Sent {
  readonly page: Page;
  readonly sentAtMs: number;
  readonly retries: number;
}

type Call = ClientDuplexStream<WireRankRequestInput, WireRankStreamResponse>;

const inFlight = 4;
const mostRetries = 10;

/**
 * Ranks over a stream with some requests unanswered. When the stream ends with UNAVAILABLE, the
 * unanswered requests are sent again on a new stream, as ranking.proto says.
 */
export async function rankStreamed(traffic: Traffic, from: number): Promise<void> {
  const open = new Map<string, Sent>();
  let n = from;
  const make = (): Sent => ({
    page: pageOf(traffic, n++),
    sentAtMs: traffic.nowMs(),
    retries: 0,
  });
  let waiting = Array.from({ length: inFlight }, make);
  while (waiting.length > 0) {
    await runStream(traffic, { open, waiting, make });
    waiting = [];
    for (const sent of open.values()) {
      if (sent.retries >= mostRetries) {
        settleStreamed(traffic, sent, { error: 'too many retries', isWrongModel: false });
      } else {
        waiting.push({ ...sent, retries: sent.retries + 1 });
      }
    }
    open.clear();
    await sleep(20);
  }
}

interface Work {
  readonly open: Map<string, Sent>;
  readonly waiting: readonly Sent[];
  readonly make: () => Sent;
}

/** Resolves when the stream has ended; `open` are the requests that it has not answered. */
async function runStream(traffic: Traffic, work: Work): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = service.RankStream;
  const call: Call = traffic.channel.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
  );
  const { promise: ended, resolve: end } = createDeferred<undefined>();
  let isEnded = false;
  let ids = 0;
  const send = (sent: Sent) => {
    const requestId = `r${ids++}`;
    work.open.set(requestId, sent);
    if (!isEnded) {
      call.write({ ...messageOf(sent.page), requestId });
    }
  };
  call.on('data', ({ requestId, response, error }: WireRankStreamResponse) => {
    const sent = work.open.get(requestId);
    if (sent === undefined) {
      traffic.account.fail('streamed', `an answer to ${requestId}, which is not open`);
      return;
    }
    work.open.delete(requestId);
    if (response) {
      const { scoreFingerprint: fingerprint } = response;
      const { retries } = sent;
      settleStreamed(traffic, sent, { fingerprint, scores: scoresOf(response), retries });
    } else {
      const code = `${status[error?.code ?? status.UNKNOWN]} ${error?.reason ?? ''}`;
      settleStreamed(traffic, sent, { error: code, isWrongModel: false });
    }
    if (!traffic.isStopped) {
      send(work.make());
    } else if (work.open.size === 0) {
      call.end();
    }
  });
  call.on('error', (error: ServiceError) => {
    isEnded = true;
    if (error.code !== status.UNAVAILABLE) {
      traffic.account.fail('streamed', `the stream ended with ${status[error.code]}`);
    }
    end(undefined);
  });
  call.on('end', () => end(undefined));
  work.waiting.forEach(send);
  await ended;
}

function settleStreamed(traffic: Traffic, sent: Sent, end: Parameters<typeof settle>[3]): void {
  settle(traffic, 'streamed', { ...sent, pin: undefined }, end);
}

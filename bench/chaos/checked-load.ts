import { readFileSync } from 'node:fs';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { WireRankRequestInput } from '../../src/proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponse } from '../../src/proto/generated/slmrank/v1/RankResponse.ts';
import type { WireRankStreamResponse } from '../../src/proto/generated/slmrank/v1/RankStreamResponse.ts';
import { parseProtoRoot } from '../../src/proto/proto-root.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import type { Ledger } from './ledger.ts';

export interface LoadOptions {
  /** Unary calls in flight. */
  readonly unary: number;
  /** Unanswered requests on one RankStream; with 0 there is no stream. */
  readonly streamed: number;
  readonly deadlineMs: number;
}

/** A load that runs until it is stopped. */
export interface CheckedLoad {
  /** Sends nothing more, and resolves when every request has been answered. */
  stop(): Promise<void>;
}

const { service } = parseProtoRoot();

/**
 * A closed loop: keeps the given numbers of requests in flight, and the ledger checks each answer.
 * Calls are retried as deploy/client-service-config.json says.
 */
export function startLoad(target: string, ledger: Ledger, options: LoadOptions): CheckedLoad {
  const client = new Client(target, credentials.createInsecure(), {
    'grpc.service_config': readFileSync(projectFolder('deploy/client-service-config.json'), 'utf8'),
    'grpc.service_config_disable_resolution': 1,
    // By default the client may wait two minutes before it connects to a restarted server.
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.use_local_subchannel_pool': 1,
  });
  let isStopped = false;
  const unary = async () => {
    while (!isStopped) {
      const request = ledger.next();
      const outcome = await rank(client, request, options.deadlineMs);
      if ('reply' in outcome) {
        ledger.answer(outcome.reply);
      } else {
        ledger.fail(request, outcome.code);
      }
    }
  };
  const loops = Array.from({ length: options.unary }, unary);
  if (options.streamed > 0) {
    loops.push(streamLoop(client, ledger, options.streamed, () => isStopped));
  }
  return {
    stop: async () => {
      isStopped = true;
      await Promise.all(loops);
      client.close();
    },
  };
}

type Outcome = { readonly reply: WireRankResponse } | { readonly code: string };

function rank(client: Client, request: WireRankRequestInput, timeoutMs: number): Promise<Outcome> {
  const { path, requestSerialize, responseDeserialize } = service.Rank;
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + timeoutMs };
    const settle = (error: ServiceError | null, reply?: WireRankResponse) => {
      resolve(reply === undefined || error !== null ? { code: describe(error) } : { reply });
    };
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, settle);
  });
}

function describe(error: ServiceError | null): string {
  return error === null ? 'no answer' : `${status[error.code]} (${error.details.slice(0, 80)})`;
}

/** Sends the next request after each answer, and closes the stream after the last answer. */
function streamLoop(
  client: Client,
  ledger: Ledger,
  inFlight: number,
  isStopped: () => boolean,
): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = service.RankStream;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const open = new Map<string, WireRankRequestInput>();
  const send = () => {
    const request = ledger.next();
    open.set(request.requestId ?? '', request);
    call.write(request);
  };
  call.on('data', ({ requestId, response, error }: WireRankStreamResponse) => {
    const request = open.get(requestId) ?? {};
    open.delete(requestId);
    if (response) {
      ledger.answer(response);
    } else {
      ledger.fail(request, status[error?.code ?? status.UNKNOWN] ?? 'UNKNOWN');
    }
    if (!isStopped()) {
      send();
    } else if (open.size === 0) {
      call.end();
    }
  });
  const ended = new Promise<void>((resolve) => {
    call.on('error', (error: ServiceError) => {
      open.forEach((request) => ledger.fail(request, describe(error)));
      resolve();
    });
    call.on('end', resolve);
  });
  for (let i = 0; i < inFlight; i++) {
    send();
  }
  return ended;
}

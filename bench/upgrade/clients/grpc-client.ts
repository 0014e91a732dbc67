import { readFileSync } from 'node:fs';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { WireRankResponse } from '../../../src/proto/generated/slmrank/v1/RankResponse.ts';
import { fingerprintKey } from '../../../src/proto/metadata-keys.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import { sleep } from '../../chaos/wait.ts';
import type { Place } from '../core/fleet.ts';
import type { Page } from '../core/lists.ts';
import type { End } from './traffic.ts';

export const { service } = parseProtoRoot();
const callMs = 60_000;
/** How often an application asks again after gRPC has given up a pinned call. */
const rounds = 8;
const roundPauseMs = 50;

/** A client of all servers, with the retry policy of deploy/client-service-config.json. */
export function openClient(places: readonly Place[]): Client {
  const file = projectFolder('deploy/client-service-config.json');
  return new Client(
    `ipv4:${places.map(({ data }) => data).join(',')}`,
    credentials.createInsecure(),
    {
      'grpc.service_config': readFileSync(file, 'utf8'),
      'grpc.service_config_disable_resolution': 1,
      // By default the client may wait two minutes before it connects to a restarted server.
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.use_local_subchannel_pool': 1,
    },
  );
}

export function messageOf({ query, texts }: Page) {
  return { query, candidates: texts.map((text) => ({ text })) };
}

export function scoresOf({ results }: Pick<WireRankResponse, 'results'>): readonly number[] {
  return results.toSorted((a, b) => a.index - b.index).map(({ score }) => score);
}

/** One call, with the retries of gRPC. */
export function rank(client: Client, page: Page, pin: string | undefined): Promise<End> {
  const { path, requestSerialize, responseDeserialize } = service.Rank;
  const metadata = new Metadata();
  if (pin !== undefined) {
    metadata.set(fingerprintKey, pin);
  }
  return new Promise((resolve) => {
    let retries = 0;
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      messageOf(page),
      metadata,
      { deadline: Date.now() + callMs },
      (error: ServiceError | null, reply?: WireRankResponse) => {
        if (error === null && reply !== undefined) {
          resolve({ fingerprint: reply.scoreFingerprint, scores: scoresOf(reply), retries });
        } else {
          resolve(describe(error));
        }
      },
    );
    // gRFC A6: the client says in the initial metadata how often it has tried before.
    call.on('metadata', (found: Metadata) => {
      retries = Number(found.get('grpc-previous-rpc-attempts').at(0) ?? 0);
    });
  });
}

/** A pinned call whose application asks again while it is refused for the model. */
export async function rankPinned(client: Client, page: Page, pin: string): Promise<End> {
  let end = await rank(client, page, pin);
  let tried = 0;
  for (let round = 1; round < rounds && 'error' in end && end.isWrongModel; round += 1) {
    tried += 5;
    await sleep(roundPauseMs);
    end = await rank(client, page, pin);
  }
  return 'error' in end ? end : { ...end, retries: end.retries + tried };
}

function describe(error: ServiceError | null): End {
  const details = error?.metadata.get('grpc-status-details-bin').at(0) ?? '';
  return {
    error: error === null ? 'no answer' : `${status[error.code]} (${error.details.slice(0, 80)})`,
    isWrongModel: details.includes('WRONG_FINGERPRINT'),
  };
}

import type { ClientHttp2Session } from 'node:http2';

/** Calls below the level of a gRPC client, which would not make them. */

export const rankPath = '/slmrank.v1.RankingService/Rank';
export const streamPath = '/slmrank.v1.RankingService/RankStream';

export function frame(message: Buffer, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

export interface End {
  /** -1 when the call was broken off without a status. */
  readonly code: number;
  readonly message: string;
  readonly rst: number;
}

export function call(
  session: ClientHttp2Session,
  { path = rankPath, headers = {} }: { path?: string; headers?: Record<string, string> } = {},
) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const seen: Record<string, string | undefined> = {};
  stream.on('response', (got) => {
    Object.assign(seen, got);
  });
  stream.on('trailers', (got) => {
    Object.assign(seen, got);
  });
  stream.on('error', () => undefined);
  stream.resume();
  const ended = new Promise<End>((resolve) =>
    stream.once('close', () => {
      const { 'grpc-status': status = -1, 'grpc-message': message = '' } = seen;
      resolve({ code: Number(status), message: decodeURI(message), rst: stream.rstCode });
    }),
  );
  return { stream, ended };
}

/** Waits, by turns of the event loop, for what the other side of a socket does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

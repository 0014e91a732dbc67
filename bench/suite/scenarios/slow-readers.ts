import { type ClientDuplexStream, Client, credentials, status } from '@grpc/grpc-js';
import type { WireRankStreamResponse } from '../../../src/proto/generated/slmrank/v1/RankStreamResponse.ts';
import { at } from '../../../src/base/at.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { outcomeOf, type Sent } from '../account/ends.ts';
import { type Message, withId } from '../traffic/sender.ts';

const { path, responseDeserialize } = parseProtoRoot().service.RankStream;
const connectMs = 10_000;

export interface SlowReaders {
  readonly address: string;
  /** The prefix of request ids. */
  readonly name: string;
  readonly messages: readonly Message[];
  readonly streams: number;
  /** Requests of each stream, all written at once. */
  readonly requests: number;
  /** How long the streams read nothing. */
  readonly seconds: number;
}

type Stream = ClientDuplexStream<Buffer, WireRankStreamResponse>;

/**
 * Opens streams that send requests and read no replies. After the given time, every second stream
 * starts to read and must receive all its answers. The others are cancelled, with their requests.
 */
export async function runSlowReaders(
  options: SlowReaders,
  nowMs: () => number,
): Promise<readonly Sent[]> {
  const client = new Client(options.address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
  });
  const ends = await Promise.all(
    Array.from({ length: options.streams }, (_, i) => runStream(client, i, options, nowMs)),
  );
  client.close();
  return ends.flat();
}

async function runStream(
  client: Client,
  place: number,
  options: SlowReaders,
  nowMs: () => number,
): Promise<readonly Sent[]> {
  const { name, messages, requests, seconds } = options;
  const deadline = Date.now() + 1000 * (2 * seconds + connectMs);
  const stream: Stream = client.makeBidiStreamRequest(path, asIs, responseDeserialize, {
    deadline,
  });
  const sent = new Map<string, Sent>();
  for (let i = 0; i < requests; i++) {
    const message = at(messages, i % messages.length);
    const id = `${name}-${place}-${i}`;
    const atMs = nowMs();
    sent.set(id, {
      ...unanswered,
      id,
      dueAtMs: atMs,
      sentAtMs: atMs,
      deadlineMs: undefined,
      candidates: message.candidates,
    });
    stream.write(withId(message, id));
  }
  // Without a listener an error would end the process; the status has the same information.
  stream.on('error', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const isCancelled = place % 2 === 1;
  let ended = 'CANCELLED';
  if (isCancelled) {
    stream.cancel();
  } else {
    ended = await readAll(stream, (reply) => {
      const known = sent.get(reply.requestId);
      if (known !== undefined) {
        sent.set(reply.requestId, answered(known, reply, nowMs()));
      }
    });
  }
  const endedAtMs = nowMs();
  const left = isCancelled ? {} : unansweredAfter(ended);
  return [...sent.values()].map((end) =>
    end.ends === 0 ? { ...end, ...left, endedAtMs, ends: 1 } : end,
  );
}

/** Open requests expire at the stream's deadline. After any other end, they have failed. */
function unansweredAfter(ended: string): Pick<Sent, 'status' | 'outcome'> {
  return ended === 'DEADLINE_EXCEEDED'
    ? { status: ended, outcome: 'expired' }
    : { status: 'UNANSWERED', outcome: 'failed' };
}

const asIs = (bytes: Buffer) => bytes;

const unanswered = {
  method: 'RankStream',
  endedAtMs: 0,
  status: 'CANCELLED',
  outcome: 'cancelled',
  scored: 0,
  ends: 0,
} as const;

function answered(
  sent: Sent,
  { response, error }: WireRankStreamResponse,
  endedAtMs: number,
): Sent {
  // In a oneof, the loader omits the unset field or sets it to null.
  const name = error ? (status[error.code] ?? 'UNKNOWN') : 'OK';
  return {
    ...sent,
    endedAtMs,
    status: name,
    outcome: outcomeOf(name, response?.complete ?? true),
    scored: response?.usage?.scored ?? 0,
    ends: sent.ends + 1,
  };
}

/** Resolves to the stream's status. */
function readAll(
  stream: Stream,
  onReply: (reply: WireRankStreamResponse) => void,
): Promise<string> {
  return new Promise((resolve) => {
    stream.on('data', onReply);
    stream.once('status', ({ code }) => resolve(status[code]));
    stream.end();
  });
}

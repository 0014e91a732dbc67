import { Client, credentials, status } from '@grpc/grpc-js';
import { at } from '../../../src/base/at.ts';
import type { CallEnd, Plan } from './plan.ts';

const asIs = (bytes: Buffer) => bytes;
/** Timers are coarse, so the last part of a wait polls the clock. */
const spinMs = 1;

/** Plays a plan with grpc-js in this process. */
export async function playJavascript(plan: Plan, onStart: () => void): Promise<readonly CallEnd[]> {
  const client = new Client(`ipv4:${plan.addresses.join(',')}`, credentials.createInsecure(), {
    'grpc.service_config': plan.serviceConfig,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    ...(plan.keepalive === undefined ? {} : pings(plan.keepalive)),
  });
  const startedAtMs = performance.now();
  const nowMs = () => performance.now() - startedAtMs;
  const pending: Promise<CallEnd>[] = [];
  onStart();
  for (const { atMs, message } of plan.arrivals) {
    await until(atMs, nowMs);
    pending.push(send(client, plan, { atMs, message, nowMs }));
  }
  const ends = await Promise.all(pending);
  client.close();
  return ends;
}

function pings({ timeMs, timeoutMs }: NonNullable<Plan['keepalive']>) {
  return { 'grpc.keepalive_time_ms': timeMs, 'grpc.keepalive_timeout_ms': timeoutMs };
}

interface Sending {
  readonly atMs: number;
  readonly message: number;
  readonly nowMs: () => number;
}

function send(client: Client, plan: Plan, { atMs, message, nowMs }: Sending): Promise<CallEnd> {
  const sentAtMs = nowMs();
  const deadline = Date.now() + atMs + plan.deadlineMs - sentAtMs;
  return new Promise((resolve) => {
    const bytes = Buffer.from(at(plan.messages, message));
    const call = client.makeUnaryRequest(plan.method, asIs, asIs, bytes, { deadline }, (error) =>
      resolve({
        dueAtMs: atMs,
        sentAtMs,
        endedAtMs: nowMs(),
        status: status[error?.code ?? status.OK],
        server: serverOf(call.getPeer()),
        message,
      }),
    );
  });
}

/** Before a call is given to a connection, its peer is the channel's target. */
function serverOf(peer: string): string {
  return peer.startsWith('ipv4:') || peer === 'unknown' ? '' : peer;
}

async function until(atMs: number, nowMs: () => number): Promise<void> {
  for (let leftMs = atMs - nowMs(); leftMs > 0; leftMs = atMs - nowMs()) {
    const waitMs = leftMs - spinMs;
    await new Promise((resolve) =>
      waitMs > 0 ? setTimeout(resolve, waitMs) : setImmediate(resolve),
    );
  }
}

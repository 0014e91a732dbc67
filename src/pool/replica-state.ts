import { assertNever } from '../base/errors.ts';
import type { BatchRunner } from '../batch/packed-batch.ts';
import type { DeviceThread } from './threads/device-thread.ts';

/**
 * A replica's life; the phases are those of `Phase`. `failures` counts failures in a row, that is
 * since it last ran a batch of a request.
 */
export type ReplicaState =
  /** The model is being loaded and warmed up. */
  | { readonly phase: 'loading'; readonly thread: DeviceThread; readonly failures: number }
  /** It takes batches. */
  | {
      readonly phase: 'ready';
      readonly thread: DeviceThread;
      readonly runner: BatchRunner;
      readonly failures: number;
    }
  /** Its thread was lost; it loads again by itself after a back-off. */
  | {
      readonly phase: 'failed';
      readonly reason: string;
      readonly failures: number;
      readonly retryAtMs: number;
    }
  /** Out of service until an operator releases it, or until `retryAtMs`. */
  | {
      readonly phase: 'quarantined';
      readonly reason: string;
      readonly failures: number;
      readonly retryAtMs: number | undefined;
    }
  /** It finishes its batches and takes no new ones. */
  | { readonly phase: 'draining'; readonly thread: DeviceThread | undefined }
  /** Its thread has ended. There is no way back. */
  | { readonly phase: 'closed' };

export type ReplicaEvent =
  | { readonly kind: 'start'; readonly thread: DeviceThread }
  | { readonly kind: 'warmed'; readonly thread: DeviceThread; readonly runner: BatchRunner }
  | { readonly kind: 'served'; readonly thread: DeviceThread }
  | {
      readonly kind: 'failed';
      readonly thread: DeviceThread;
      readonly reason: string;
      readonly nowMs: number;
      /** No new thread may be opened soon, because too many threads hang already. */
      readonly isBarred?: boolean;
    }
  | { readonly kind: 'quarantine'; readonly reason: string; readonly retryAtMs: number | undefined }
  | { readonly kind: 'drain' }
  | { readonly kind: 'closed' };

export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** More failures in a row than this put the slot into quarantine. */
  readonly failures: number;
  /** How long it stays there before it is tried once more. */
  readonly quarantineMs: number;
}

/**
 * The only place where a phase changes. An event that does not fit the state (from a thread that
 * was replaced, or a failure while draining) changes nothing.
 */
export function transition(
  state: ReplicaState,
  event: ReplicaEvent,
  backOff: BackOff,
): ReplicaState {
  switch (event.kind) {
    case 'start':
      return state.phase === 'failed' || state.phase === 'quarantined'
        ? { phase: 'loading', thread: event.thread, failures: state.failures }
        : state;
    case 'warmed':
      return state.phase === 'loading' && state.thread === event.thread
        ? { ...state, phase: 'ready', runner: event.runner }
        : state;
    case 'served':
      return state.phase === 'ready' && state.thread === event.thread && state.failures > 0
        ? { ...state, failures: 0 }
        : state;
    case 'failed':
      return fail(state, event, backOff);
    case 'quarantine':
      return quarantine(state, event);
    case 'drain':
      return drain(state);
    case 'closed':
      return state.phase === 'draining' ? { phase: 'closed' } : state;
    default:
      return assertNever(event);
  }
}

function fail(
  state: ReplicaState,
  { thread, reason, nowMs, isBarred = false }: Extract<ReplicaEvent, { kind: 'failed' }>,
  backOff: BackOff,
): ReplicaState {
  if ((state.phase !== 'loading' && state.phase !== 'ready') || state.thread !== thread) {
    return state;
  }
  const failures = state.failures + 1;
  // A failure on the first load is a wrong set-up: reporting it is better than trying again.
  if (state.phase === 'loading' && failures === 1) {
    return { phase: 'quarantined', reason, failures, retryAtMs: undefined };
  }
  if (isBarred || failures > backOff.failures) {
    const retryAtMs = nowMs + backOff.quarantineMs;
    return { phase: 'quarantined', reason, failures, retryAtMs };
  }
  const delayMs = Math.min(backOff.firstMs * 2 ** (failures - 1), backOff.mostMs);
  return { phase: 'failed', reason, failures, retryAtMs: nowMs + delayMs };
}

/**
 * The newer reason replaces that of an earlier quarantine: an operator's decision overrides a
 * back-off.
 */
function quarantine(
  state: ReplicaState,
  { reason, retryAtMs }: Extract<ReplicaEvent, { kind: 'quarantine' }>,
): ReplicaState {
  return state.phase === 'draining' || state.phase === 'closed'
    ? state
    : { phase: 'quarantined', reason, failures: state.failures, retryAtMs };
}

function drain(state: ReplicaState): ReplicaState {
  if (state.phase === 'draining' || state.phase === 'closed') {
    return state;
  }
  return { phase: 'draining', thread: 'thread' in state ? state.thread : undefined };
}

import { assertNever } from '../base/errors.ts';
import type { BatchRunner } from '../batch/packed-batch.ts';
import type { DeviceThread } from './threads/device-thread.ts';

/** A replica's life. `failures` counts failures in a row: since it last ran a batch of a request. */
export type ReplicaState =
  | { readonly phase: 'loading'; readonly thread: DeviceThread; readonly failures: number }
  | {
      readonly phase: 'ready';
      readonly thread: DeviceThread;
      readonly runner: BatchRunner;
      readonly failures: number;
    }
  | {
      readonly phase: 'failed';
      readonly reason: string;
      readonly failures: number;
      /** When it loads again. */
      readonly retryAtMs: number;
    }
  /** Out of service until it is released, or until the moment is there. */
  | {
      readonly phase: 'quarantined';
      readonly reason: string;
      readonly failures: number;
      readonly retryAtMs: number | undefined;
    }
  | { readonly phase: 'draining'; readonly thread: DeviceThread | undefined }
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
      /** The slot may not have another thread soon: too many hang already. */
      readonly isBarred?: boolean;
    }
  | { readonly kind: 'quarantine'; readonly reason: string; readonly retryAtMs: number | undefined }
  | { readonly kind: 'drain' }
  | { readonly kind: 'closed' };

export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Failures in a row after which the slot is quarantined. */
  readonly failures: number;
  /** How long, before it is tried once more. */
  readonly quarantineMs: number;
}

/**
 * The only place where a phase changes. An event that does not fit the state (a late word from a thread that was
 * replaced, a failure while draining) changes nothing.
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
  // What fails on its first load is set up wrong: saying so beats trying again.
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

/** A replica that is quarantined already takes the newer reason: an operator's word stands above a back-off. */
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

import { assertNever } from '../errors.ts';
import type { BatchRunner } from '../schedule/batch.ts';
import type { DeviceThread } from './device-thread.ts';

/** A replica's life. `failures` counts failures in a row: since it last ran a batch of a request. */
export type ReplicaState =
  | { readonly phase: 'loading'; readonly thread: DeviceThread; readonly failures: number }
  | {
      readonly phase: 'ready';
      readonly thread: DeviceThread;
      readonly runner: BatchRunner;
      readonly failures: number;
    }
  | { readonly phase: 'draining'; readonly thread: DeviceThread | undefined }
  | {
      readonly phase: 'failed';
      readonly reason: string;
      readonly failures: number;
      /** When it loads again; undefined when it was given up. */
      readonly retryAtMs: number | undefined;
    };

export type ReplicaEvent =
  | { readonly kind: 'start'; readonly thread: DeviceThread }
  | { readonly kind: 'warmed'; readonly thread: DeviceThread; readonly runner: BatchRunner }
  | { readonly kind: 'served'; readonly thread: DeviceThread }
  | {
      readonly kind: 'failed';
      readonly thread: DeviceThread;
      readonly reason: string;
      readonly nowMs: number;
    }
  | { readonly kind: 'drain' };

export interface BackOff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Failures in a row after which the slot is given up. */
  readonly failures: number;
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
      return state.phase === 'failed' && state.retryAtMs !== undefined
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
    case 'drain':
      return state.phase === 'draining'
        ? state
        : { phase: 'draining', thread: state.phase === 'failed' ? undefined : state.thread };
    default:
      return assertNever(event);
  }
}

function fail(
  state: ReplicaState,
  { thread, reason, nowMs }: Extract<ReplicaEvent, { kind: 'failed' }>,
  backOff: BackOff,
): ReplicaState {
  if ((state.phase !== 'loading' && state.phase !== 'ready') || state.thread !== thread) {
    return state;
  }
  const failures = state.failures + 1;
  // What fails on its first load is set up wrong: saying so beats trying again.
  const isFirstLoad = state.phase === 'loading' && failures === 1;
  const isHopeless = isFirstLoad || failures > backOff.failures;
  const delayMs = Math.min(backOff.firstMs * 2 ** (failures - 1), backOff.mostMs);
  return {
    phase: 'failed',
    reason,
    failures,
    retryAtMs: isHopeless ? undefined : nowMs + delayMs,
  };
}

import type { StopSignal } from '../shared/signals.ts';

/**
 * Ends the process whatever its threads do, by the signal that asked for it: its status is what a shell makes of that,
 * 143 for SIGTERM. `process.exit` would end the threads first, and ending one inside a run aborts the process (SIGABRT,
 * onnxruntime-node 1.29.0).
 */
export function killProcess(signal: StopSignal = 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Still here: the kernel spares the first process of a container every signal that it does not hear, SIGKILL too.
  process.abort();
}

/** Longest that a run which nobody waits for any more may hold up the end: a few batches. */
const lastRunsMs = 30_000;

/** The process ends by itself once its threads have; this is for the one that never does. */
export function killWhenStuck(signal: StopSignal = 'SIGTERM'): void {
  const kill = () => {
    process.stderr.write(
      `slmrank: a thread is still in a run after ${lastRunsMs / 1000} s; ended without it\n`,
    );
    killProcess(signal);
  };
  setTimeout(kill, lastRunsMs).unref();
}

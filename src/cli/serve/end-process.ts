import type { StopSignal } from '../shared/signals.ts';

/**
 * Ends the process by the signal that asked for it, whatever its threads do; shells then report that
 * signal (143 for SIGTERM). `process.exit` would end the threads first, and ending a thread inside a
 * run aborts the process (SIGABRT, onnxruntime-node 1.29.0).
 */
export function killProcess(signal: StopSignal = 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Still running: the kernel ignores unhandled signals, even SIGKILL, for a container's first process.
  process.abort();
}

/** How long an abandoned run may delay the exit: the time of a few batches. */
const lastRunsMs = 30_000;

/** Normally the process ends once its threads have; this kills it when a thread never ends. */
export function killWhenStuck(signal: StopSignal = 'SIGTERM'): void {
  const kill = () => {
    process.stderr.write(
      `slmrank: a thread is still in a run after ${lastRunsMs / 1000} s; ended without it\n`,
    );
    killProcess(signal);
  };
  setTimeout(kill, lastRunsMs).unref();
}

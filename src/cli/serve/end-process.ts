import type { StopSignal } from '../shared/signals.ts';

/**
 * Ends the process by the signal that stops it, even while its threads are busy; shells then report
 * that signal (143 for SIGTERM). `process.exit` would end the threads first, and ending a thread
 * inside `session.run` aborts the process (SIGABRT, onnxruntime-node 1.29.0).
 */
export function killProcess(signal: StopSignal = 'SIGTERM'): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The kernel ignores unhandled signals, even SIGKILL, for a container's first process.
  process.abort();
}

/** How long running batches may delay the exit: the time of a few batches. */
const lastRunsMs = 30_000;

/** Normally the process ends when its threads have ended. This kills it if one never does. */
export function killWhenStuck(signal: StopSignal = 'SIGTERM'): void {
  const kill = () => {
    process.stderr.write(
      `slmrank: a batch is still running after ${lastRunsMs / 1000} s; ending without it\n`,
    );
    killProcess(signal);
  };
  setTimeout(kill, lastRunsMs).unref();
}

/**
 * Ends the process whatever its threads do. `process.exit` would end them first, and ending a thread inside a run
 * aborts the process (SIGABRT, onnxruntime-node 1.29.0); this signal asks nobody. Status 137.
 */
export function killProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Longest that a run which nobody waits for any more may hold up the end: a few batches. */
const lastRunsMs = 30_000;

/** The process ends by itself once its threads have; this is for the one that never does. */
export function killWhenStuck(): void {
  setTimeout(killProcess, lastRunsMs).unref();
}

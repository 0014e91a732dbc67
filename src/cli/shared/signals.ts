/** What ends a server. The status is what a shell makes of the signal. */
export type StopSignal = 'SIGTERM' | 'SIGINT';
const statusOf = { SIGTERM: 143, SIGINT: 130 } as const satisfies Record<StopSignal, number>;

/** The process's signals, heard from its first line on; who knows what to do at them says so when it is there. */
export interface Signals {
  /** Before this is called, a signal ends the process with a line. Again: the last one is called. */
  onStop(stop: (signal: StopSignal, status: number) => void): void;
  /** Called at SIGHUP, and at once when there was one before. */
  onReload(reload: () => void): void;
}

let heard: Signals | undefined;

/**
 * Imports next to nothing, so that it can be the first thing that a server does: until somebody listens, SIGHUP ends
 * the process, and so do errors of standard output and standard error, such as a full disk.
 */
export function hearSignals(): Signals {
  heard ??= listen();
  return heard;
}

function listen(): Signals {
  let onStop = (signal: StopSignal, status: number): void => {
    process.stderr.write(`slmrank: ${signal} while starting: nothing was served yet\n`);
    process.exit(status);
  };
  let onReload: (() => void) | undefined;
  let isReloadAsked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => onStop(signal, statusOf[signal]));
  }
  process.on('SIGHUP', () => {
    isReloadAsked = onReload === undefined;
    onReload?.();
  });
  // Unheard, it opens the debugger to everybody on this machine.
  process.on('SIGUSR1', () => undefined);
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  return {
    onStop: (stop) => {
      onStop = stop;
    },
    onReload: (reload) => {
      onReload = reload;
      if (isReloadAsked) {
        isReloadAsked = false;
        reload();
      }
    },
  };
}

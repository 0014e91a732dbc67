/** Signals that stop a server, with the exit status that shells give them. */
export type StopSignal = 'SIGTERM' | 'SIGINT';
const statusOf = { SIGTERM: 143, SIGINT: 130 } as const satisfies Record<StopSignal, number>;

/** The process's signals. Handlers are set once the parts that they act on exist. */
export interface Signals {
  /**
   * Sets the handler of SIGTERM and SIGINT; a later call replaces it. Until the first call, a
   * signal ends the process with a message.
   */
  onStop(stop: (signal: StopSignal, status: number) => void): void;
  /** `reload` is called at every SIGHUP, and immediately if one came before this call. */
  onReload(reload: () => void): void;
}

let signals: Signals | undefined;

/**
 * This file imports almost nothing, so that it can run first: without listeners, SIGHUP ends the
 * process, and so do errors of standard output and standard error, such as a full disk.
 */
export function hearSignals(): Signals {
  signals ??= listen();
  return signals;
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
  // Without a listener, Node opens its debugger to every user of this machine.
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

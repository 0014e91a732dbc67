/** A worker file and the flags its thread needs to run it. */
export interface WorkerEntry {
  readonly filename: string;
  readonly execArgv: string[];
}

const isSource = import.meta.url.endsWith('.ts');

/** A worker file: the source in development and tests, the built file in production. */
export function findWorker(name: 'infer' | 'encode' | 'compress'): WorkerEntry {
  return workerEntry(
    new URL(`../../../workers/${name}.${isSource ? 'ts' : 'js'}`, import.meta.url),
  );
}

/**
 * Threads inherit no TypeScript loader: `--import tsx` fails in them (ERR_UNKNOWN_FILE_EXTENSION).
 */
export function workerEntry(file: URL): WorkerEntry {
  const loader = new URL('../../../workers/register-typescript.js', import.meta.url);
  return {
    filename: file.href,
    execArgv: file.pathname.endsWith('.ts')
      ? ['--import', loader.href]
      : flagsOfThreads(process.execArgv),
  };
}

/**
 * Flags that Node accepts for threads, and whether a value follows. It refuses V8's memory limits.
 */
const threadFlags: ReadonlyMap<string, boolean> = new Map([
  ['--enable-source-maps', false],
  ['--no-warnings', false],
  ['--trace-warnings', false],
  ['--no-deprecation', false],
  ['--trace-deprecation', false],
  ['--import', true],
  ['--require', true],
  ['-r', true],
  ['--conditions', true],
  ['-C', true],
]);

/** The process's flags without those that threads refuse. */
export function flagsOfThreads(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  execArgv.forEach((flag, place) => {
    const [name = ''] = flag.split('=', 1);
    const takesValue = threadFlags.get(name);
    const value = execArgv[place + 1];
    if (takesValue === undefined) {
      return;
    }
    kept.push(flag);
    if (takesValue && name === flag && value !== undefined) {
      kept.push(value);
    }
  });
  return kept;
}

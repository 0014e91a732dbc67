/** A worker file and the flags its thread needs to run it. */
export interface WorkerEntry {
  readonly filename: string;
  readonly execArgv: string[];
}

const isSource = import.meta.url.endsWith('.ts');

/** The files in workers/, as they stand beside this one: sources in development and tests, built in production. */
export function findWorker(name: 'infer' | 'encode'): WorkerEntry {
  return workerEntry(new URL(`../../workers/${name}.${isSource ? 'ts' : 'js'}`, import.meta.url));
}

/** Threads do not inherit a TypeScript loader: `--import tsx` fails in them with ERR_UNKNOWN_FILE_EXTENSION. */
export function workerEntry(file: URL): WorkerEntry {
  const loader = new URL('../../workers/register-typescript.js', import.meta.url);
  return {
    filename: file.href,
    execArgv: file.pathname.endsWith('.ts') ? ['--import', loader.href] : process.execArgv,
  };
}

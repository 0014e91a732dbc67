import { fork } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '../../base/errors.ts';
import { dataFile, schema } from './tables.ts';
import type { Walked } from './walk-store.ts';

/**
 * Reads a whole store once before it is used, in a process of its own: LMDB reads its file as
 * memory, so that a damaged one ends the process (SIGBUS, SIGSEGV) or silently lacks entries.
 *
 * @throws DataError that says what to do.
 */
export async function checkStore(folder: string): Promise<void> {
  if (!hasStore(folder)) {
    return;
  }
  const file = join(folder, dataFile);
  const walked = await walkApart(folder);
  switch (walked.kind) {
    case 'whole':
      return;
    case 'foreign':
      throw new DataError(
        `${file} is an LMDB file, but no item store of slmrank. Name another folder`,
      );
    case 'other-schema':
      throw new DataError(
        `${file} has schema ${walked.schema}; this version reads ${schema}. ` +
          "Export it with the version that wrote it ('slmrank items export'), and import it here",
      );
    case 'damaged':
      throw new DataError(
        `${file} is damaged or no item store: ${walked.problem}. Move the folder away and put the ` +
          'items in again (a new folder is made), or put back a copy of it',
      );
  }
}

/** Whether there is a store already; LMDB makes one of an empty file. */
export function hasStore(folder: string): boolean {
  const file = join(folder, dataFile);
  return existsSync(file) && statSync(file).size > 0;
}

async function walkApart(folder: string): Promise<Walked> {
  const isSource = import.meta.url.endsWith('.ts');
  const walker = new URL(`./walk-store.${isSource ? 'ts' : 'js'}`, import.meta.url);
  const loader = new URL('../../../workers/register-typescript.js', import.meta.url);
  const child = fork(fileURLToPath(walker), [folder], {
    execArgv: isSource ? ['--import', loader.href] : [],
    stdio: 'ignore',
  });
  return await new Promise((resolve) => {
    child.once('message', (walked) => resolve(walked as Walked));
    child.once('error', ({ message }) => resolve({ kind: 'damaged', problem: message }));
    child.once('exit', (status, signal) =>
      resolve({
        kind: 'damaged',
        problem: `reading it ends with ${signal ?? `status ${status ?? '?'}`}`,
      }),
    );
  });
}

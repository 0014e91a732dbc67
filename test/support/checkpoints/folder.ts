import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { CheckpointError } from '../../../src/toolchain/files/checkpoint.ts';

/** A temporary folder for a suite's files. */
export class ScratchFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'slmrank-checkpoint-'));

  /** Path of the written file. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The message of the CheckpointError that `action` rejects with. */
export async function refusalOf(action: () => Promise<unknown>): Promise<string> {
  const outcome = await action().then(
    () => 'opened',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(CheckpointError);
  return (outcome as CheckpointError).message;
}

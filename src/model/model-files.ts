import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RankError } from '../base/errors.ts';
import {
  assertRegular,
  type FileStamp,
  hashRegular,
  type ReadProgress,
} from '../base/files/regular-file.ts';

/** Far above the size of any model file. */
export const mostBytes = { graph: 1 << 28, weights: 2 ** 34, tokenizer: 1 << 27 } as const;
type Role = keyof typeof mostBytes;
const roles: readonly Role[] = ['graph', 'weights', 'tokenizer'];

export interface FileEntry {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The files of a manifest. */
export type FilesOfModel = Readonly<Record<Role, FileEntry>>;
/** File stamps by file name. */
export type FileStamps = Readonly<Record<string, FileStamp>>;

/** @throws RankError naming a file that is missing, not a file, or of another size. */
export async function assertSizes(
  dir: string,
  model: FilesOfModel,
  progress?: ReadProgress,
): Promise<void> {
  for (const role of roles) {
    await assertSize(dir, model, role);
    progress?.onRead();
  }
}

/**
 * Reads every file of a built model and compares its checksum with the manifest's. Resolves to the
 * stamps of the files when they were read.
 *
 * @throws RankError naming the first file that differs.
 */
export async function verifyFiles(
  dir: string,
  model: FilesOfModel,
  progress?: ReadProgress,
): Promise<FileStamps> {
  const stamps: Record<string, FileStamp> = {};
  for (const role of roles) {
    const { file, sha256 } = model[role];
    const path = join(dir, file);
    await assertSize(dir, model, role);
    const found = await hashRegular(path, { mostBytes: mostBytes[role], progress });
    if (found.sha256 !== sha256) {
      throw new RankError(
        'invalid-argument',
        `${path} has SHA-256 ${found.sha256}; the manifest says ${sha256}`,
      );
    }
    stamps[file] = found.stamp;
  }
  return stamps;
}

async function assertSize(dir: string, model: FilesOfModel, role: Role): Promise<void> {
  const { file, bytes } = model[role];
  const path = join(dir, file);
  const found = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw new RankError('not-found', `${path} is missing; the manifest names it`, { cause });
  });
  assertRegular(found, path, mostBytes[role]);
  if (found.size !== BigInt(bytes)) {
    throw new RankError(
      'invalid-argument',
      `${path} has ${found.size} bytes; the manifest says ${bytes}`,
    );
  }
}

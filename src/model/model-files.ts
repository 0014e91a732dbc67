import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RankError } from '../base/errors.ts';
import type { FileEntry } from './file-entry.ts';
import { graphFiles, type ModelGraphs } from './graphs.ts';
import {
  assertRegular,
  type FileStamp,
  hashRegular,
  type ReadProgress,
} from '../base/files/regular-file.ts';

export type { FileEntry } from './file-entry.ts';

/** Far above the size of any model file. */
export const mostBytes = { graph: 1 << 28, weights: 2 ** 34, tokenizer: 1 << 27 } as const;

/** The files of a manifest. */
export interface FilesOfModel {
  readonly graphs: ModelGraphs;
  readonly weights: FileEntry;
  readonly tokenizer: FileEntry;
}

/** Every file once, with the most bytes that one of its kind may have. */
export function listFiles({ graphs, weights, tokenizer }: FilesOfModel) {
  return [
    ...graphFiles(graphs).map((entry) => ({ entry, mostBytes: mostBytes.graph })),
    { entry: weights, mostBytes: mostBytes.weights },
    { entry: tokenizer, mostBytes: mostBytes.tokenizer },
  ];
}

/** File stamps by file name. */
export type FileStamps = Readonly<Record<string, FileStamp>>;

/** @throws RankError naming a file that is missing, not a file, or of another size. */
export async function assertSizes(
  dir: string,
  model: FilesOfModel,
  progress?: ReadProgress,
): Promise<void> {
  for (const file of listFiles(model)) {
    await assertSize(dir, file);
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
  for (const each of listFiles(model)) {
    const { file, sha256 } = each.entry;
    const path = join(dir, file);
    await assertSize(dir, each);
    const found = await hashRegular(path, { mostBytes: each.mostBytes, progress });
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

type ListedFile = ReturnType<typeof listFiles>[number];

async function assertSize(dir: string, { entry, mostBytes }: ListedFile): Promise<void> {
  const { file, bytes } = entry;
  const path = join(dir, file);
  const found = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw new RankError('not-found', `${path} is missing; the manifest names it`, { cause });
  });
  assertRegular(found, path, mostBytes);
  if (found.size !== BigInt(bytes)) {
    throw new RankError(
      'invalid-argument',
      `${path} has ${found.size} bytes; the manifest says ${bytes}`,
    );
  }
}

import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RankError } from '../errors.ts';
import { manifestFile } from '../manifest.ts';

/**
 * Fills a temporary sibling folder and puts it in the place of `to` at the end: `to` is never half-built, and a failure
 * leaves it as it was. What killed builds left beside it is cleared away.
 *
 * @throws RankError when `to` holds something without the marker file that we give such folders; whatever `fill` throws.
 */
export async function replaceFolder(
  to: string,
  fill: (dir: string) => Promise<void>,
  marker: string = manifestFile,
): Promise<void> {
  await assertReplaceable(to, marker);
  await mkdir(dirname(to), { recursive: true });
  await clearStale(to);
  const building = `${to}.building-${process.pid}`;
  try {
    await mkdir(building);
    await fill(building);
    await swap(building, to);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function swap(building: string, to: string): Promise<void> {
  const old = `${to}.old-${process.pid}`;
  if ((await list(to)) !== undefined) {
    await rename(to, old);
  }
  await rename(building, to);
  await rm(old, { recursive: true, force: true });
}

async function assertReplaceable(to: string, marker: string): Promise<void> {
  const found = await list(to);
  if (found !== undefined && found.length > 0 && !found.includes(marker)) {
    const kind = marker === manifestFile ? 'a built model' : `a folder with ${marker}`;
    throw new RankError(
      'invalid-argument',
      `${to} holds ${found.slice(0, 3).join(', ')} and no ${marker}; only ${kind} is replaced`,
    );
  }
}

async function clearStale(to: string): Promise<void> {
  const siblings = (await list(dirname(to))) ?? [];
  for (const name of siblings) {
    const prefix = [`${basename(to)}.building-`, `${basename(to)}.old-`].find((each) =>
      name.startsWith(each),
    );
    if (prefix !== undefined && !isRunning(Number(name.slice(prefix.length)))) {
      await rm(join(dirname(to), name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function list(dir: string): Promise<string[] | undefined> {
  return readdir(dir).catch(() => undefined);
}

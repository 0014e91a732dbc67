import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { RankError } from '../base/errors.ts';
import { manifestFile } from './manifest.ts';

/** How long a running build may take between its two renames. */
const renameMs = 1000;
const fullDisk = /^(ENOSPC|EDQUOT)$/;

/**
 * Fills a temporary sibling folder, then puts it in the place of `to`: `to` is never half-built,
 * and a failure leaves it as it was. Remains of killed builds beside it are restored or removed.
 *
 * @throws RankError when `to` is not empty and lacks the marker file of our folders, or its disk is
 * full; any error of `fill`.
 */
export async function replaceFolder(
  to: string,
  fill: (dir: string) => Promise<void>,
  marker: string = manifestFile,
): Promise<void> {
  await recoverFolder(to, marker);
  await assertReplaceable(to, marker);
  await mkdir(dirname(to), { recursive: true });
  await clearStale(to);
  const building = `${to}.building-${process.pid}`;
  try {
    await mkdir(building);
    await fill(building);
    await swap(building, to);
  } catch (error) {
    throw findCode(error, fullDisk)
      ? new RankError('unavailable', `the disk that holds ${dirname(to)} is full`, { cause: error })
      : error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/**
 * Restores `to` if a build was killed after moving it away and before replacing it. Resolves to
 * whether it did.
 */
export async function recoverFolder(to: string, marker: string = manifestFile): Promise<boolean> {
  for (const name of await siblingsOf(to, 'old')) {
    const old = join(dirname(to), name);
    if (pidIn(name) !== process.pid && isRunning(pidIn(name))) {
      // That build is probably about to finish, or another process has its number by now.
      await appears(to);
    }
    const isThere = (await list(to)) !== undefined;
    if (!isThere && (await list(old))?.includes(marker) === true) {
      await rename(old, to);
      return true;
    }
  }
  return false;
}

async function appears(to: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < renameMs && (await list(to)) === undefined; waitedMs += 50) {
    await setTimeout(50);
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
  const names = [...(await siblingsOf(to, 'building')), ...(await siblingsOf(to, 'old'))];
  for (const name of names) {
    if (!isRunning(pidIn(name))) {
      await rm(join(dirname(to), name), { recursive: true, force: true });
    }
  }
}

async function siblingsOf(to: string, what: 'building' | 'old'): Promise<readonly string[]> {
  const siblings = (await list(dirname(to))) ?? [];
  return siblings.filter((name) => name.startsWith(`${basename(to)}.${what}-`));
}

/** The process id of the build that made a sibling, at the end of its name. */
function pidIn(name: string): number {
  return Number(name.slice(name.lastIndexOf('-') + 1));
}

function findCode(error: unknown, codes: RegExp): boolean {
  return (
    error instanceof Error &&
    (('code' in error && codes.test(String(error.code))) || findCode(error.cause, codes))
  );
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

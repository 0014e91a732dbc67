import { execFileSync, spawn } from 'node:child_process';
import { resolve as resolvePath } from 'node:path';
import { createInterface } from 'node:readline';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import type { CallEnd, Play } from './plan.ts';

/** Builds the generator in Go, if Go is installed; undefined otherwise. */
export function buildGo(out: string): Play | undefined {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const program = resolvePath(out, 'generator-go');
  const cwd = projectFolder('bench/balance/go');
  execFileSync('go', ['build', '-o', program, '.'], { cwd, stdio: 'inherit' });
  return playWith(program);
}

function playWith(program: string): Play {
  return async (plan, onStart) => {
    const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const messages = plan.messages.map((bytes) => Buffer.from(bytes).toString('base64'));
    child.stdin.end(JSON.stringify({ ...plan, messages }));
    let ends: readonly CallEnd[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'started') {
        onStart();
      } else {
        ends = JSON.parse(line) as readonly CallEnd[];
      }
    }
    const status = await ended;
    if (status !== 0) {
      throw new Error(`the generator in Go ended with status ${status}; 0 is right`);
    }
    return ends;
  };
}

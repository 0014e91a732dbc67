import { extname } from 'node:path';
import { run } from '../../src/cli/serve/serve.ts';
import { hearSignals } from '../../src/cli/shared/signals.ts';
import { workerEntry } from '../../src/pool/threads/worker-entry.ts';

// The real server, except that its replicas answer at once.

const workerOf = (name: string) =>
  workerEntry(new URL(`./workers/${name}${extname(import.meta.url)}`, import.meta.url));

process.exitCode = await run(process.argv.slice(2), hearSignals(), {
  infer: workerOf('null-infer'),
  encode: workerOf('named-encode'),
});

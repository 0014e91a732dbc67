import { extname } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { hearSignals } from '../../src/cli/shared/signals.ts';

/** The real server, except that its replicas are paced (paced-infer.ts). */
const signals = hearSignals();
try {
  const { run } = await import('../../src/cli/serve/serve.ts');
  const { workerEntry } = await import('../../src/pool/threads/worker-entry.ts');
  const file = new URL(`./paced-infer${extname(import.meta.url)}`, import.meta.url);
  const workers = { infer: workerEntry(file) };
  process.exitCode = await run(process.argv.slice(2), signals, workers);
} catch (error) {
  process.stderr.write(`paced server: ${messageOf(error)}\n`);
  process.exit(1);
}

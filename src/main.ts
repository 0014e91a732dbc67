import { hearSignals } from './cli/shared/signals.ts';
import { messageOf } from './base/errors.ts';

/** `npm start` and the container's entry: the same as `slmrank serve`. */
const signals = hearSignals();
try {
  // Imported here, because importing takes half a second, in which a signal would end the process.
  const { run } = await import('./cli/serve/serve.ts');
  process.exitCode = await run(process.argv.slice(2), signals);
} catch (error) {
  process.stderr.write(`slmrank: ${messageOf(error)}\n`);
  process.exit(1);
}

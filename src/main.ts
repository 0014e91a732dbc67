import { run } from './cli/serve.ts';

/** `npm start` and the container's entry: the same as `slmrank serve`. */
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`slmrank: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

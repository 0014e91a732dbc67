/** protocol.ts for adapters whose packages are installed in bench/peers. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export async function serveAdapter(open) {
  const task = JSON.parse(await readFile(process.argv[2], 'utf8'));
  const adapter = await open(task);
  say({ ready: { about: adapter.about, pid: process.pid } });
  for await (const line of createInterface({ input: process.stdin })) {
    const round = [];
    for (const request of task.requests.slice(0, Number(line))) {
      const startedAtMs = performance.now();
      const scores = await adapter.rank(request);
      round.push({ ms: performance.now() - startedAtMs, scores });
    }
    say({ round });
  }
  process.exit(0);
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ScoreCache } from '../../src/cache/score-cache.ts';
import { scoreKeys } from '../../src/cache/score-keys.ts';
import { systemClock } from '../../src/base/clock.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { loadTokenizer } from '../../src/text/tokenizer/tokenizer.ts';
import { defaultRecipe, ensureModel } from '../../src/toolchain/build/ensure-model.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { at } from '../../src/base/at.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';

// Measures the cost of the score cache: time to make a request's keys, compared with tokenizing it,
// and memory of an entry. Needs node --expose-gc.

const candidateCount = 50;
const characters = 1_500;
const entries = 200_000;

const { values } = parseArgs({
  options: { model: { type: 'string' } },
});

/** Median microseconds of a call. */
function time(rounds: number, work: (round: number) => void): number {
  const all = Array.from({ length: rounds }, (_, round) => {
    const startedAtMs = performance.now();
    work(round);
    return 1_000 * (performance.now() - startedAtMs);
  });
  return at(
    all.toSorted((a, b) => a - b),
    rounds >> 1,
  );
}

/** Memory after a collection: `used` by live objects, and `resident`, which includes free heap. */
async function memoryBytes(): Promise<{ readonly used: number; readonly resident: number }> {
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc?.();
    // Native memory of collected objects is freed after the current turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss: resident } = process.memoryUsage();
  return { used: heapUsed + external, resident };
}

const model = values.model ?? (await ensureModel(defaultRecipe, 'cpu'));
const manifest = await readManifest(model);
const tokenizer = loadTokenizer(join(model, manifest.tokenizer.file));
const { postings } = await readDemoData(projectFolder('models/demo'));
const text = postings.map((posting) => posting.text).join('\n');
const request = (round: number) => ({
  query: `nurse ${round}`,
  instruction: undefined,
  context: undefined,
  truncation: 'end' as const,
  maxCandidateTokens: undefined,
  candidates: Array.from({ length: candidateCount }, (_, i) => {
    const start = ((round * candidateCount + i) * 997) % (text.length - characters);
    const own = text.slice(start, start + characters);
    return { id: String(i), title: undefined, text: own, version: undefined };
  }),
});
const requests = Array.from({ length: 40 }, (_, round) => request(round));
const setting = { fingerprint: manifest.fingerprint, candidateTokens: 512, client: '' };
const requestOf = (round: number) => at(requests, round % requests.length);

console.log(JSON.stringify(describeMachine()));
const keysUs = time(400, (round) => {
  const each = requestOf(round);
  scoreKeys(each, each.candidates, setting);
});
const tokensUs = time(20, (round) =>
  requestOf(round).candidates.forEach((candidate) => tokenizer.encode(candidate.text)),
);
console.log(
  `${candidateCount} candidates of ${characters} characters: keys ${keysUs.toFixed(0)} us, tokens ${tokensUs.toFixed(0)} us`,
);

/** Adds as many new scores as fit into the cache, so that all earlier ones are evicted. */
function fill(cache: ScoreCache, round: number): void {
  for (let i = 0; i < entries; i++) {
    const key = createHash('sha256').update(`${round} ${i}`).digest('binary');
    cache.keep(key, {
      yes: Math.fround(Math.sin(i)),
      no: Math.fround(Math.cos(i)),
      tokens: i % 512,
      truncated: false,
    });
  }
}

const before = await memoryBytes();
const cache = new ScoreCache({ entries, ttlMs: 900_000 }, systemClock);
for (const round of Array.from({ length: 6 }, (_, index) => index)) {
  fill(cache, round);
  const { used, resident } = await memoryBytes();
  const perEntry = (now: number, then: number) => ((now - then) / cache.entries).toFixed(0);
  console.log(
    `${cache.entries} entries, replaced ${round} times: ${perEntry(used, before.used)} bytes used ` +
      `by each, ${perEntry(resident, before.resident)} resident`,
  );
}

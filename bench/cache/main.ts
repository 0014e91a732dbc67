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
import { describeMachine } from '../machine.ts';

/** What the score cache costs: keys of a request beside tokenizing it, and memory of an entry. Run with --expose-gc. */

const candidateCount = 50;
const characters = 1_500;
const entries = 200_000;

const { values } = parseArgs({
  options: { model: { type: 'string' } },
});

/** Median microseconds of one call. */
function time(rounds: number, work: (round: number) => void): number {
  const all = Array.from({ length: rounds }, (_, round) => {
    const startedMs = performance.now();
    work(round);
    return 1_000 * (performance.now() - startedMs);
  });
  return all.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}

/** In use by the heap, and resident: the heap keeps room for what it has not collected yet. */
async function heldBytes(): Promise<{ readonly used: number; readonly resident: number }> {
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc?.();
    // Native memory of what was collected is freed after the turn.
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
const at = (round: number) => requests[round % requests.length] ?? request(round);

console.log(JSON.stringify(describeMachine()));
const keysUs = time(400, (round) => scoreKeys(at(round), at(round).candidates, setting));
const tokensUs = time(20, (round) =>
  at(round).candidates.forEach((one) => tokenizer.encode(one.text)),
);
console.log(
  `${candidateCount} candidates of ${characters} characters: keys ${keysUs.toFixed(0)} us, tokens ${tokensUs.toFixed(0)} us`,
);

/** Keeps as many new scores as the cache holds, so that all before give way. */
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

const before = await heldBytes();
const cache = new ScoreCache({ entries, ttlMs: 900_000 }, systemClock);
for (const round of Array.from({ length: 6 }, (_, index) => index)) {
  fill(cache, round);
  const { used, resident } = await heldBytes();
  const each = (now: number, then: number) => ((now - then) / cache.entries).toFixed(0);
  console.log(
    `${cache.entries} entries, turned over ${round} times: ${each(used, before.used)} bytes each in use, ${each(resident, before.resident)} resident`,
  );
}

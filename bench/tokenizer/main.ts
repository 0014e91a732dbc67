import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { createTokenizer } from '../../src/text/tokenizer/tokenizer.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { at } from '../../src/base/at.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';

// Compares our tokenizer with @huggingface/tokenizers: differences from the reference, and speed.

type GoldenName = 'smollm2' | 'qwen' | 'llama3';
type Encode = (text: string) => readonly number[] | Int32Array;

/** The types of the package do not resolve under NodeNext. */
interface LibraryModule {
  readonly Tokenizer: new (
    file: object,
    config: object,
  ) => { encode(text: string, options: object): { readonly ids: readonly number[] } };
}

const rounds = 7;

function readGolden(file: string): string {
  return gunzipSync(readFileSync(join(projectFolder('test/golden'), `${file}.gz`))).toString();
}

/** Golden texts whose ids differ from those of Python's `tokenizers` (make_tokenizer.py). */
function countDifferent(encode: Encode, golden: Golden, name: GoldenName): number {
  return golden.texts.filter((spec, i) => {
    const text = typeof spec === 'string' ? spec : spec[0].repeat(spec[1]);
    return summarize(encode(text)) !== golden.ids[name][i];
  }).length;
}

interface Golden {
  readonly texts: readonly (string | readonly [unit: string, times: number])[];
  readonly ids: Readonly<Record<GoldenName, readonly string[]>>;
}

function summarize(ids: ArrayLike<number>): string {
  const joined = Array.from(ids).join(',');
  return `${ids.length}:${createHash('sha256').update(joined).digest('hex').slice(0, 12)}`;
}

/**
 * The least processor time of each encoder over the rounds, in milliseconds. The encoders
 * alternate, and the first round only warms them up.
 */
function race(encoders: readonly Encode[], texts: readonly string[]): number[] {
  const best = encoders.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= rounds; round++) {
    encoders.forEach((encode, i) => {
      const before = process.cpuUsage();
      texts.forEach(encode);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) {
        best[i] = Math.min(at(best, i), (user + system) / 1000);
      }
    });
  }
  return best;
}

const libraryName: string = '@huggingface/tokenizers';
const { Tokenizer: Library } = (await import(libraryName)) as LibraryModule;
const golden = JSON.parse(readGolden('tokenizer-texts.json')) as Golden;
const { postings } = await readDemoData(projectFolder('models/demo'));
const texts = postings.slice(0, 50).map(({ title, text }) => `${title}\n${text}`);

console.log(JSON.stringify(describeMachine()));
for (const name of ['smollm2', 'qwen', 'llama3'] as const) {
  const file = readGolden(`tokenizer-${name}.json`);
  const library = new Library(JSON.parse(file) as object, {});
  const ours = createTokenizer(file, name);
  const byLibrary: Encode = (text) => library.encode(text, { add_special_tokens: false }).ids;
  const byUs: Encode = (text) => ours.encode(text);
  const tokens = texts.reduce((sum, text) => sum + ours.encode(text).length, 0);
  const [libraryMs = NaN, ourMs = NaN] = race([byLibrary, byUs], texts);
  console.log(
    `${name}: of ${golden.texts.length} golden texts, ids differ from the reference in: ` +
      `library ${countDifferent(byLibrary, golden, name)}, ` +
      `ours ${countDifferent(byUs, golden, name)}; 50 postings, ${tokens} tokens, processor time: ` +
      `library ${libraryMs.toFixed(1)} ms, ours ${ourMs.toFixed(1)} ms, ratio ${(libraryMs / ourMs).toFixed(1)}`,
  );
}

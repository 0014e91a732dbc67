import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { defaultBudget } from '../../src/compress/compressor.ts';
import { createCompressor } from '../../src/compress/compressors.ts';
import { readBackground } from '../../src/compress/text/background.ts';
import { createTokenCounter } from '../../src/compress/token-counter.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { CandidateText, RequestEncoder } from '../../src/encode/encode.ts';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { servedLimits } from '../../src/encode/served-limits.ts';
import { type DemoQuery, readDemoData } from '../../src/eval/data/demo-data.ts';
import { readParetoData } from '../../src/eval/report/input/data.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { loadTokenizer } from '../../src/text/tokenizer/tokenizer.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { countShared, type SharedTokens, sum } from './count.ts';

const usage = `Usage: npm run bench:shared-tokens -- [OPTIONS]

How many packed tokens a request computes more than once: of equal candidates, of candidates that
begin alike, and of the suffix. Nothing is run. For whole texts, summaries by phrases, and titles.

  --beir DIR   queries and candidates of this data's dev split (default: the demo's)
  --depth N    the first candidates of each query (default: 50)
  --model DIR  a built model (default: the bundled one)`;

const definitions = {
  beir: { type: 'string' },
  depth: { type: 'string', default: '50' },
  model: { type: 'string' },
} as const;

type Requests = readonly DemoQuery[];
type Shorten = (candidate: CandidateText) => Promise<CandidateText>;

async function main(args: readonly string[]): Promise<void> {
  const values = parseOnlyOptions(args, usage, definitions);
  const given = parseConfig(process.env, []);
  const model = values.model ?? (await chooseModel(given));
  const manifest = await readManifest(model);
  const tokenizerPath = join(model, manifest.tokenizer.file);
  const { template, normalize } = manifest;
  const limits = servedLimits(given, manifest);
  const encoder = createRequestEncoder({ tokenizerPath, template, normalize, limits });
  const requests = await readRequests(values.beir, Number(values.depth));
  const phrases = createCompressor('phrases', {
    counter: createTokenCounter(loadTokenizer(tokenizerPath), manifest),
    background: readBackground(projectFolder('models/compress/background.json.gz')),
    budget: defaultBudget,
  });
  const texts: readonly (readonly [string, Shorten])[] = [
    ['whole texts', (each) => Promise.resolve(each)],
    [
      'summaries',
      async ({ title, text }) => ({ title, ...(await summarize(phrases, title, text)) }),
    ],
    ['titles', ({ title }) => Promise.resolve({ title, text: '' })],
  ];
  const rows: string[][] = [];
  for (const [name, shorten] of texts) {
    rows.push(formatRow(name, sum(await countAll(encoder, requests, shorten))));
  }
  const head = ['texts', 'packed tokens', 'equal', 'begin alike', 'suffix'];
  process.stdout.write(`${requests.length} requests\n\n${formatTable([head, ...rows])}`);
}

async function summarize(
  compressor: ReturnType<typeof createCompressor>,
  title: string | undefined,
  text: string,
): Promise<{ readonly text: string }> {
  const made = await compressor.compress(title === undefined ? { text } : { title, text });
  return { text: made.text };
}

async function readRequests(beir: string | undefined, depth: number): Promise<Requests> {
  const all = beir === undefined ? await readDemo() : await readBeir(beir);
  return all.map(({ query, candidates }) => ({ query, candidates: candidates.slice(0, depth) }));
}

async function readDemo(): Promise<Requests> {
  return (await readDemoData(projectFolder('models/demo'))).queries;
}

async function readBeir(beir: string): Promise<Requests> {
  const run = join(beir, 'runs/pool.trec.gz');
  const data = await readParetoData({ beir, split: 'dev', run, limit: Infinity });
  return [...data.run].map(([id, entries]) => ({
    query: data.queries.get(id)?.text ?? '',
    candidates: entries.flatMap((entry) => data.corpus.get(entry.id) ?? []),
  }));
}

async function countAll(
  encoder: Pick<RequestEncoder, 'encode'>,
  requests: Requests,
  shorten: Shorten,
): Promise<SharedTokens[]> {
  const counted: SharedTokens[] = [];
  for (const { query, candidates } of requests) {
    const outcome = encoder.encode({
      query,
      instruction: undefined,
      context: undefined,
      candidates: await Promise.all(candidates.map(shorten)),
      truncation: 'end',
      maxCandidateTokens: undefined,
    });
    if (!outcome.ok) {
      throw new Error(outcome.message);
    }
    counted.push(countShared(outcome.encoded));
  }
  return counted;
}

function formatRow(name: string, shared: SharedTokens): string[] {
  const percent = (tokens: number) => `${((100 * tokens) / shared.packed).toFixed(1)} %`;
  return [
    name,
    String(shared.packed),
    percent(shared.duplicates),
    percent(shared.prefixes),
    percent(shared.suffixes),
  ];
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:shared-tokens: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

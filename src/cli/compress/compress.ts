import { createReadStream } from 'node:fs';
import { dataError, DataError, quote } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import { type Line, type LineSource, readLines } from '../../base/files/read-lines.ts';
import { mapInOrder } from '../../base/in-order.ts';
import type { CompressedText, Compressor } from '../../compress/compressor.ts';
import type { Passage } from '../../eval/data/beir.ts';
import { readCandidates } from '../../eval/data/read-candidates.ts';
import { interruptedStatus, watchScoring } from '../shared/watch-scoring.ts';
import { type CompressOptions, parseCompressOptions } from './compress-options.ts';
import { openCompressor } from './open-compressor.ts';
import { partOf, ResumableFile } from './resumable-file.ts';

export async function run(args: readonly string[]): Promise<number> {
  const options = parseCompressOptions(args);
  const source = { name: options.in, open: () => createReadStream(options.in) };
  // Before anything is compressed, the whole file is read: what is wrong with it is said at once.
  const total = await countCandidates(source);
  const file = await ResumableFile.open(options.out);
  if (file.found > 0) {
    process.stderr.write(`Going on after ${file.found} texts of ${partOf(options.out)}\n`);
  }
  let isWhole = false;
  const opened = await openCompressor(options);
  try {
    const job: Job = { options, source, file, compressor: opened.compressor };
    const left = total - file.found;
    const work = (signal: AbortSignal, onProgress: (done: number) => void) =>
      compressAll(job, signal, onProgress);
    const { result, seconds } = await watchScoring(left, work, 'texts');
    isWhole = !result.interrupted;
    process.stderr.write(describeWork(result, seconds));
  } finally {
    await file.close(isWhole);
    await opened.close();
  }
  if (!isWhole) {
    process.stderr.write(`Interrupted; the same command goes on with ${partOf(options.out)}\n`);
  }
  return isWhole ? 0 : interruptedStatus;
}

async function countCandidates(source: LineSource): Promise<number> {
  let count = 0;
  const candidates = readCandidates(source);
  while ((await candidates.next()).done !== true) {
    count += 1;
  }
  return count;
}

interface Job {
  readonly options: CompressOptions;
  readonly source: LineSource;
  readonly compressor: Compressor;
  readonly file: ResumableFile;
}

interface Done {
  readonly texts: number;
  readonly tokens: number;
  readonly rawTokens: number;
  readonly interrupted: boolean;
}

/** Texts in work at once: enough for full batches of the ranker. */
const mostAtOnce = 48;

async function compressAll(
  { options, source, compressor, file }: Job,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Done> {
  const { dropTitles } = options;
  const rest = skipDone(readCandidates(source), options.out, { file, compressor });
  const results = mapInOrder(rest, { most: mostAtOnce, signal }, async (given) => {
    const passage = dropTitles ? { ...given, title: '' } : given;
    return { passage, result: await compressor.compress(passage, signal) };
  });
  let [texts, tokens, rawTokens] = [0, 0, 0];
  try {
    for await (const { passage, result } of results) {
      await file.append(toLine(passage, result, compressor));
      [texts, tokens, rawTokens] = [
        texts + 1,
        tokens + result.tokens,
        rawTokens + result.rawTokens,
      ];
      onProgress(texts);
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
  return { texts, tokens, rawTokens, interrupted: signal.aborted };
}

/** Leaves out the texts that an earlier run has written. @throws DataError when it had others. */
async function* skipDone(
  passages: AsyncIterable<Passage>,
  out: string,
  { file, compressor }: Pick<Job, 'file' | 'compressor'>,
): AsyncGenerator<Passage> {
  const written = readLines(partOf(out));
  let left = file.found;
  for await (const passage of passages) {
    if (left === 0) {
      yield passage;
      continue;
    }
    left -= 1;
    const line = await written.next();
    if (line.done !== true) {
      assertSame(line.value, passage, compressor);
    }
  }
  await written.return(undefined);
  if (left > 0) {
    throw new DataError(`${partOf(out)} has ${left} texts more than the input; ${otherwise}`);
  }
}

const otherwise = 'remove it, or name another file with --out';

function assertSame(line: Line, { id }: Passage, { version }: Compressor): void {
  const record = JsonRecord.parse(line.text, `${line.file}:${line.line}`);
  const found = record.text('_id');
  if (found !== id) {
    throw dataError(line, `_id ${quote(found)}`, `${quote(id)}, as in the input; ${otherwise}`);
  }
  const foundVersion = record.record('metadata').text('version');
  if (foundVersion !== version) {
    const expected = `${version}, of the present options; ${otherwise}`;
    throw dataError(line, `version ${foundVersion}`, expected);
  }
}

function toLine({ id, title }: Passage, result: CompressedText, compressor: Compressor): string {
  const { text, kept, tokens, rawTokens, fidelity } = result;
  const metadata = {
    kept: kept.map(({ start, end }) => [start, end]),
    tokens,
    raw_tokens: rawTokens,
    method: compressor.method,
    version: compressor.version,
    ...fidelity,
  };
  return JSON.stringify({ _id: id, title, text, metadata });
}

/** "1,449 texts in 3.2 s, 452.8/s: 201.3 tokens became 15.4 on average" */
function describeWork({ texts, tokens, rawTokens }: Done, seconds: number): string {
  const mean = (sum: number) => (texts === 0 ? 0 : sum / texts).toFixed(1);
  const rate = (texts / seconds).toFixed(1);
  return `${texts} texts in ${seconds.toFixed(1)} s, ${rate}/s: ${mean(rawTokens)} tokens became ${mean(tokens)} on average\n`;
}

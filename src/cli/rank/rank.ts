import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { parseConfig } from '../../config/config.ts';
import { DataError } from '../../base/errors.ts';
import { openPairEngine } from '../../eval/rank/open-pair-engine.ts';
import { rankCandidates, type Ranking, type Rankings } from '../../eval/rank/rank-candidates.ts';
import { readCandidates } from '../../eval/data/read-candidates.ts';
import { type Manifest, readManifest } from '../../model/manifest.ts';
import type { LineSource } from '../../base/files/read-lines.ts';
import { createNormalizer } from '../../text/normalize/normalize.ts';
import { BadLines } from './bad-lines.ts';
import { chooseModel } from '../shared/choose-model.ts';
import { parseRankOptions, type RankCommandOptions } from './rank-options.ts';
import { formatJsonLines, formatRanking } from './rank-table.ts';
import { scoringSettings } from '../shared/scoring-settings.ts';
import { interruptedStatus, type Watched, watchScoring } from '../shared/watch-scoring.ts';

export async function run(
  args: readonly string[],
  standardInput: Readable = process.stdin,
): Promise<number> {
  const options = parseRankOptions(args);
  const source = sourceOf(options.file, standardInput);
  const count = await countCandidates(options, source);
  const bad = new BadLines(options.skipBad);
  const { result, seconds } = await rankFile(options, { source, bad, count });
  process.stderr.write(bad.describe());
  if (result.interrupted) {
    process.stderr.write('Interrupted before all candidates were scored: no ranking is shown\n');
    return interruptedStatus;
  }
  assertSome(
    result.rankings.reduce((sum, each) => sum + each.candidates.length, 0),
    source,
  );
  process.stderr.write(describeWork(result.rankings, seconds));
  print(result.rankings, options);
  return 0;
}

function sourceOf(file: string, standardInput: Readable): LineSource {
  return file === '-'
    ? { name: 'standard input', open: () => standardInput }
    : { name: file, open: () => createReadStream(file) };
}

/**
 * Counts the candidates by reading the whole file. Its faults are then reported before anything is
 * scored, and the progress can show the time that is left. Undefined for input that can be read
 * only once.
 */
async function countCandidates(
  { file, skipBad }: RankCommandOptions,
  source: LineSource,
): Promise<number | undefined> {
  if (file === '-' || (await isPipe(file))) {
    return undefined;
  }
  const candidates = readCandidates(source, { onBadLine: new BadLines(skipBad).add });
  let count = 0;
  while ((await candidates.next()).done !== true) {
    count += 1;
  }
  assertSome(count, source);
  return count;
}

/** Such as a terminal, or what a shell passes for `<(COMMAND)`. */
async function isPipe(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function assertSome(count: number, { name }: LineSource): void {
  if (count === 0) {
    throw new DataError(`${name}: has no candidates; at least one line {"text": "..."} is needed`);
  }
}

interface Input {
  readonly source: LineSource;
  readonly bad: BadLines;
  /** The number of candidates; undefined when they were not counted. */
  readonly count: number | undefined;
}

async function rankFile(
  options: RankCommandOptions,
  { source, bad, count }: Input,
): Promise<Watched<Rankings>> {
  const given = parseConfig(scoringSettings(options, process.env), []);
  const model = await chooseModel({ model: modelFolder(options), devices: given.devices });
  const config = { ...given, model };
  const manifest = await readManifest(model);
  assertFingerprint(options, manifest, model);
  process.stderr.write(`Loading ${manifest.name} on ${config.devices.length} device slots\n`);
  const engine = await openPairEngine(config, manifest);
  const normalize = createNormalizer(manifest.normalize ?? []);
  const total = count === undefined ? undefined : count * options.queries.length;
  try {
    return await watchScoring(total, async (signal, onProgress) => {
      const abortable = { ...source, open: () => addAbortSignal(signal, source.open()) };
      const read = readCandidates(abortable, { onBadLine: bad.add, normalize });
      const found = rankCandidates(engine, read, {
        ...options,
        maxCandidateTokens: options.candidateTokens,
        signal,
        onProgress,
      });
      // The signal also aborts reading, for an input that sends nothing. That throws.
      return await found.catch((error: unknown) => {
        if (signal.aborted) {
          return { rankings: [], interrupted: true };
        }
        throw error;
      });
    });
  } finally {
    await engine.close();
  }
}

function assertFingerprint(
  { scoreFingerprint: wanted }: RankCommandOptions,
  { name, fingerprint }: Manifest,
  folder: string,
): void {
  if (wanted !== undefined && wanted !== fingerprint) {
    throw new DataError(
      `--score-fingerprint is '${wanted}', and ${name} (${folder}) has ${fingerprint}; ` +
        'name the folder of the other model by --model, or leave the option out',
    );
  }
}

/** As for the server, an empty variable counts as not set. */
function modelFolder({ model }: RankCommandOptions): string | undefined {
  const { SLMRANK_MODEL: configured } = process.env;
  return model ?? (configured === '' ? undefined : configured);
}

/** Such as "50 candidates in 1.2 s, 41.7 candidates/s; 30 of them cut to the context budget" */
function describeWork(rankings: readonly Ranking[], seconds: number): string {
  const all = rankings.flatMap(({ candidates }) => candidates);
  const cut = all.filter(({ truncated }) => truncated).length;
  const rate = (all.length / seconds).toFixed(1);
  return `${all.length} candidates in ${seconds.toFixed(1)} s, ${rate} candidates/s; ${cut} of them cut to the context budget\n`;
}

function print(rankings: readonly Ranking[], { json, top }: RankCommandOptions): void {
  // A reader such as `head` closes the pipe when it has read enough.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
  const columns = process.stdout.isTTY ? process.stdout.columns : 120;
  const texts = rankings.map((ranking) =>
    json ? formatJsonLines(ranking, top) : formatRanking(ranking, { top, columns }),
  );
  process.stdout.write(texts.join(json ? '' : '\n'));
}

import type { Compressor } from '../../compress/compressor.ts';
import { createCompressor } from '../../compress/compressors.ts';
import { effortPlans } from '../../compress/search/effort.ts';
import { defaultLengthWeight } from '../../compress/search/fidelity.ts';
import { readProbes } from '../../compress/search/probes.ts';
import { createSearchCompressor } from '../../compress/search/search.ts';
import { type Background, readBackground } from '../../compress/text/background.ts';
import { openPairEngine } from '../../eval/rank/open-pair-engine.ts';
import { createGroupScorer } from '../../eval/rank/score-groups.ts';
import { projectFolder } from '../../toolchain/build/project-folder.ts';
import type { CompressOptions } from './compress-options.ts';
import { openModel } from './open-model.ts';

export interface OpenCompressor {
  readonly compressor: Compressor;
  /** Ends the threads of the ranker, if it has some. */
  close(): Promise<void>;
}

/** The compressor of the options; loads the ranker only for a search. */
export async function openCompressor(
  options: Omit<CompressOptions, 'in' | 'out' | 'dropTitles'>,
): Promise<OpenCompressor> {
  const { method, budget, maxLoss } = options;
  const { config, manifest, counter } = await openModel(options);
  const background = openBackground(options.background);
  const parts = { counter, background, budget };
  if (method !== 'search') {
    return { compressor: createCompressor(method, parts), close: () => Promise.resolve() };
  }
  const probes = readProbes(options.probes ?? shippedFile('probes.txt'), background);
  process.stderr.write(`Loading ${manifest.name} on ${config.devices.length} device slots\n`);
  const engine = await openPairEngine(config, manifest);
  const compressor = createSearchCompressor({
    ...parts,
    probes,
    score: createGroupScorer(engine),
    fingerprint: manifest.fingerprint,
    plan: effortPlans[options.effort],
    lengthWeight: defaultLengthWeight,
    maxLoss,
  });
  return { compressor, close: () => engine.close() };
}

/** The table of the option, or that of job postings. */
export function openBackground(file: string | undefined): Background {
  return readBackground(file ?? shippedFile('background.json.gz'));
}

export function shippedFile(name: string): string {
  return projectFolder(`models/compress/${name}`);
}

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type Blueprint,
  formatManifest,
  type Manifest,
  manifestFile,
  manifestFormat,
  readManifest,
  scoreFingerprint,
} from '../../../src/model/manifest.ts';
import { sha256, sha256OfFile } from '../../../src/base/files/sha256.ts';
import { templateHash } from '../../../src/text/template.ts';
import { builtinTemplate } from '../../../src/model/builtin-template.ts';
import { loadTokenizer, singleTokenId } from '../../../src/text/tokenizer/tokenizer.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import { randomCheckpoint } from '../../../src/toolchain/checkpoint/random-checkpoint.ts';
import { graphPlans } from '../../../src/toolchain/graph/graph-plans.ts';
import { buildRankGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import { replaceFolder } from '../../../src/model/replace-folder.ts';

/**
 * The shape of a model with random weights and a real tokenizer. 50 candidates of 20 tokens take
 * some tens of milliseconds on a core: little enough for many requests per second, and enough that
 * the model limits the throughput and not the front end.
 */
export const tinyBlueprint: Blueprint = {
  family: 'llama',
  layers: 4,
  width: 128,
  mlpWidth: 512,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  vocabulary: 49_152,
  ropeTheta: 10_000,
  normEpsilon: 1e-5,
  qkNorm: false,
  qkvBias: false,
  tiedHead: true,
  rowTokens: 2048,
};

const buckets = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048];

/** Builds the model if it is missing or has another shape. Resolves to its folder. */
export async function ensureTinyModel(
  outDir: string,
  say: (line: string) => void,
): Promise<string> {
  const dir = join(outDir, 'tiny-model');
  const built = await readManifest(dir).catch(() => undefined);
  if (built === undefined || JSON.stringify(built.blueprint) !== JSON.stringify(tinyBlueprint)) {
    say(`Building the tiny random model in ${dir}`);
    await replaceFolder(dir, buildTiny);
  }
  return dir;
}

async function buildTiny(dir: string): Promise<void> {
  const tokenizer = join(dir, 'tokenizer.json');
  const packed = await readFile(join(projectFolder('test/golden'), 'tokenizer-smollm2.json.gz'));
  await writeFile(tokenizer, gunzipSync(packed));
  const words = loadTokenizer(tokenizer);
  const label = (text: string) => ({ text, id: singleTokenId(words, text) });
  const labels = { yes: label('yes'), no: label('no') };
  const template = builtinTemplate(tinyBlueprint.family);
  const { graphs, weights, parameters } = await buildRankGraph(randomCheckpoint(tinyBlueprint), {
    precision: 'fp32',
    labelIds: [labels.yes.id, labels.no.id],
    plans: graphPlans('fp32'),
    outDir: dir,
  });
  const identity = {
    precision: 'fp32',
    templateHash: templateHash(template),
    labels,
    graphs,
    weights,
    tokenizer: {
      file: 'tokenizer.json',
      bytes: (await stat(tokenizer)).size,
      sha256: await sha256OfFile(tokenizer),
    },
  } as const;
  const manifest: Manifest = {
    format: manifestFormat,
    name: 'tiny-random',
    blueprint: tinyBlueprint,
    parameters,
    template,
    ...identity,
    buckets,
    source: { description: 'random weights', licence: 'none', sha256: sha256('random') },
    recipe: undefined,
    fingerprint: scoreFingerprint(identity),
  };
  await writeFile(join(dir, manifestFile), formatManifest(manifest));
}

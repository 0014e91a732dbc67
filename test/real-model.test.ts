import { rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { startServerProcess } from '../src/cli/shared/server-process.ts';
import { readManifest } from '../src/model/manifest.ts';
import { defaultRecipe, ensureModel, findBuilt } from '../src/toolchain/build/ensure-model.ts';
import { readGolden } from '../src/toolchain/verify/golden.ts';
import { projectFolder } from '../src/toolchain/build/project-folder.ts';
import { readRecipe } from '../src/toolchain/build/recipe.ts';
import { verifyModel } from '../src/toolchain/verify/verify-model.ts';

/**
 * Builds the bundled model if it does not exist. Only `npm run test:real` downloads the dense one.
 */
const dense = 'smollm2-135m-instruct';
const isReal = process.env['SLMRANK_TEST_REAL'] === '1';
const models = new Map([
  [defaultRecipe, await ensureModel(defaultRecipe, 'cpu')],
  [
    dense,
    isReal ? await ensureModel(dense, 'cpu') : await findBuilt(await readRecipe(dense), 'fp32'),
  ],
]);
const reason = 'SKIPPED: models/artifacts has no such build; npm run test:real makes it';

for (const [recipe, dir] of models) {
  const title = `the built ${recipe}`;
  (dir === undefined ? describe.skip : describe)(
    dir === undefined ? `${title} (${reason})` : title,
    () => {
      it('has the token ids and, within its tolerance, the logits of transformers, in any batch', async () => {
        const report = await verifyModel({
          dir: dir ?? '',
          golden: await readGolden(projectFolder(`models/goldens/${recipe}.json.gz`)),
          device: { provider: 'cpu', deviceId: 0 },
          threads: 1,
          onProgress: () => undefined,
        });
        expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(report.rows).toBe(31);
      }, 600_000);
    },
  );
  if (dir === undefined) {
    process.stderr.write(`${title}: ${reason}\n`);
  }
}

/** What a server on these devices says until it is ready or has ended. */
async function startServer(devices: string): Promise<string> {
  const lines: string[] = [];
  // An empty variable counts as absent; the server knows no SLMRANK_TEST_REAL.
  const absent = { SLMRANK_MODEL: '', SLMRANK_TEST_REAL: '' };
  await startServerProcess({
    settings: { ...absent, SLMRANK_DEVICES: devices, SLMRANK_LOG_LEVEL: 'silent' },
    timeoutMs: 300_000,
    onLine: (line) => lines.push(line),
  }).then(
    (server) => server.stop(),
    () => undefined,
  );
  return lines.join('\n');
}

(isReal ? describe : describe.skip)('a server that is told of no model', () => {
  it.each([
    ['cpu:1', 'int8', /slmrank ready on .*: model slmrank-55m \(int8\)/],
    ['cuda:63', 'fp16', /slmrank: cuda:63 did not load: cannot open .*slmrank-55m-fp16/],
  ])(
    'on %s builds the bundled one in %s first',
    async (devices, precision, expected) => {
      const built = projectFolder(`models/artifacts/${defaultRecipe}-${precision}`);
      rmSync(built, { recursive: true, force: true });
      const said = await startServer(devices);
      expect(said).toMatch(
        new RegExp(`built ${defaultRecipe}: \\d+ parameters[^]*${expected.source}`),
      );
      expect((await readManifest(built)).precision).toBe(precision);
    },
    600_000,
  );
});

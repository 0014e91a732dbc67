import { describe, expect, it } from '@jest/globals';
import { demoRecipe, ensureModel, findBuilt } from '../src/toolchain/ensure-model.ts';
import { readGolden } from '../src/toolchain/golden.ts';
import { projectFolder } from '../src/toolchain/project-folder.ts';
import { readRecipe } from '../src/toolchain/recipe.ts';
import { verifyModel } from '../src/toolchain/verify-model.ts';

/** The bundled model is built when it is not there. The dense one is downloaded: by `npm run test:real` alone. */
const dense = 'smollm2-135m-instruct';
const models = new Map([
  [demoRecipe, await ensureModel(demoRecipe)],
  [
    dense,
    process.env['SLMRANK_TEST_REAL'] === '1'
      ? await ensureModel(dense)
      : await findBuilt(await readRecipe(dense)),
  ],
]);
const reason = 'SKIPPED: models/artifacts has no such build; npm run test:real makes it';

for (const [recipe, dir] of models) {
  const title = `the built ${recipe}`;
  (dir === undefined ? describe.skip : describe)(
    dir === undefined ? `${title} (${reason})` : title,
    () => {
      it('has the token ids and, within its tolerance, the logits of transformers, in any company', async () => {
        const report = await verifyModel({
          dir: dir ?? '',
          golden: await readGolden(projectFolder(`models/goldens/${recipe}.json.gz`)),
          device: { provider: 'cpu', deviceId: 0 },
          threads: 1,
          onProgress: () => undefined,
        });
        expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(report.rows).toBe(28);
      }, 600_000);
    },
  );
  if (dir === undefined) {
    process.stderr.write(`${title}: ${reason}\n`);
  }
}

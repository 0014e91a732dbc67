import { describe, expect, it } from '@jest/globals';
import { demoRecipe, ensureModel, findBuilt } from '../src/toolchain/ensure-model.ts';
import { readGolden } from '../src/toolchain/golden.ts';
import { projectFolder } from '../src/toolchain/project-folder.ts';
import { readRecipe } from '../src/toolchain/recipe.ts';
import { verifyModel } from '../src/toolchain/verify-model.ts';

/** `npm run test:real` builds the model first; a plain `npm test` takes the one there is, and downloads nothing. */
const dir =
  process.env['SLMRANK_TEST_REAL'] === '1'
    ? await ensureModel(demoRecipe)
    : await findBuilt(await readRecipe(demoRecipe));

const title = `the built ${demoRecipe}`;
const reason = 'SKIPPED: models/artifacts has no such build; npm run test:real makes it';

(dir === undefined ? describe.skip : describe)(
  dir === undefined ? `${title} (${reason})` : title,
  () => {
    it('has the token ids and, within 1e-3, the logits of transformers, in any company', async () => {
      const report = await verifyModel({
        dir: dir ?? '',
        golden: await readGolden(projectFolder(`models/goldens/${demoRecipe}.json.gz`)),
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

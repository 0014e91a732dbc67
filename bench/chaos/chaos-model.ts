import { access } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import { parseTemplate } from '../../src/model/manifest.ts';
import { buildModel } from '../../src/toolchain/build/build-model.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';

const tiny = (name: string) => projectFolder(`test/golden/logits-tiny/${name}`);

/**
 * The folder of the given model. For 'tiny', the tests' checkpoint of this family, built into
 * `out`: its weights are random, since chaos tests the server and not the ranking.
 */
export async function chaosModel(
  model: string,
  family: 'llama' | 'qwen3',
  out: string,
): Promise<string> {
  if (model !== 'tiny') {
    return model;
  }
  const to = join(out, `tiny-${family}`);
  const isBuilt = await access(join(to, 'manifest.json')).then(
    () => true,
    () => false,
  );
  if (!isBuilt) {
    await buildModel({
      from: tiny(family),
      to,
      name: `tiny-${family}`,
      precision: 'fp32',
      template: parseTemplate(
        JsonRecord.parse(readFileSync(tiny('template.json'), 'utf8'), 'template.json'),
      ),
      labels: ['yes', 'no'],
      tokenizer: undefined,
      buckets: undefined,
      recipe: undefined,
      source: { description: `tiny ${family}`, licence: 'Apache-2.0' },
      onProgress: () => undefined,
    });
  }
  return to;
}

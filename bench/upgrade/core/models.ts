import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonRecord } from '../../../src/base/files/json-record.ts';
import { parseTemplate } from '../../../src/model/manifest.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';

/** The folders of the model that is replaced and of the one that replaces it. */
export interface Pair {
  readonly a: string;
  readonly b: string;
}

const tiny = (name: string) => projectFolder(`test/golden/logits-tiny/${name}`);

/**
 * Two models of the tests' random checkpoint with the labels exchanged: whatever one answers, the
 * other denies, so that no score can pass for one of the other model.
 */
export async function buildOpposites(out: string): Promise<Pair> {
  const build = async (name: string, labels: readonly [string, string]) => {
    const to = join(out, name);
    await buildModel({
      from: tiny('llama'),
      to,
      name,
      precision: 'fp32',
      template: parseTemplate(
        JsonRecord.parse(readFileSync(tiny('template.json'), 'utf8'), 'template.json'),
      ),
      labels,
      tokenizer: undefined,
      buckets: undefined,
      recipe: undefined,
      source: { description: 'tiny llama', licence: 'Apache-2.0' },
      onProgress: () => undefined,
    });
    return to;
  };
  return {
    a: await build('opposite-a', ['yes', 'no']),
    b: await build('opposite-b', ['no', 'yes']),
  };
}

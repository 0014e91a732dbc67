import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createRequestEncoder } from '../../src/encode/request-encoder.ts';
import { CompressThread } from '../../src/pool/compress/compress-thread.ts';
import type { CompressPlan } from '../../src/pool/compress/messages.ts';
import { findWorker } from '../../src/pool/threads/worker-entry.ts';
import { buildHfTiny } from '../support/checkpoints/hf-tiny.ts';
import { smallPlan } from '../support/items/compress-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const limits = { prefixTokens: 200, candidateTokens: 60, rowTokens: 512 };
const source = {
  title: 'Nurse',
  text: 'Night shifts for a nurse in a clinic. The nurse has intensive care patients at night.',
};

async function withThread(
  plan: CompressPlan,
  use: (thread: CompressThread, modelDir: string) => Promise<void>,
): Promise<void> {
  const modelDir = temporaryFolder();
  const manifest = await buildHfTiny('llama', modelDir);
  const thread = new CompressThread(findWorker('compress'), { modelDir, manifest, limits, plan });
  await use(thread, modelDir).finally(() => thread.close());
}

test('token ids are those of a request with the same title and summary', async () => {
  await withThread(smallPlan('phrases'), async (thread, modelDir) => {
    const { template, tokenizer } = await buildHfTiny('llama', modelDir);
    const tokenizerPath = join(modelDir, tokenizer.file);
    const encoder = createRequestEncoder({ tokenizerPath, template, normalize: [], limits });
    const made = await thread.phrases(source);
    expect(made.text.length).toBeLessThan(source.text.length);
    const outcome = encoder.encode({
      query: 'any',
      instruction: undefined,
      context: undefined,
      candidates: [{ title: source.title, text: made.text }],
      truncation: 'end',
      maxCandidateTokens: undefined,
    });
    const [expected] = outcome.ok ? outcome.encoded.candidates : [];
    expect(made.ids).toEqual(expected?.ids.slice(0, expected.tokens));
    expect(await thread.encode({ title: source.title, text: made.text })).toEqual(made.ids);
  });
});

test('a candidate that is too long has no ids', async () => {
  await withThread(smallPlan('none'), async (thread) => {
    expect(await thread.encode({ text: source.text.repeat(5) })).toEqual(new Int32Array(0));
  });
});

test('the compressors are told with their versions, the search only where it is planned', async () => {
  await withThread(smallPlan('phrases'), async (thread) => {
    const { phrases, search } = await thread.describe();
    expect([phrases.method, search]).toEqual(['phrases', undefined]);
  });
  await withThread(smallPlan(), async (thread) => {
    const { phrases, search } = await thread.describe();
    expect(search?.method).toBe('search');
    expect(search?.version).not.toBe(phrases.version);
  });
});

test('it says why it cannot load', async () => {
  await withThread({ ...smallPlan(), background: '/nowhere/words.gz' }, async (thread) => {
    const describe = thread.describe();
    await expect(describe).rejects.toThrow('/nowhere');
    await expect(describe).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(thread.phrases(source)).rejects.toMatchObject({ kind: 'internal' });
  });
});

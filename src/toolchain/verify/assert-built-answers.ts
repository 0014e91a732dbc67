import { join } from 'node:path';
import { openSession } from '../../engine/session.ts';
import { RankError } from '../../base/errors.ts';
import { type Manifest, scoreGraph } from '../../model/manifest.ts';
import { cannotAnswer, findNotFinite, plainQuestion, toPart } from '../../encode/assert-answers.ts';
import type { BatchPart } from '../../batch/packed-batch.ts';
import { packBatch } from '../../batch/pack/pack-batch.ts';
import { createRequestEncoder } from '../../encode/request-encoder.ts';

/**
 * Asks every graph of a newly built model one question on the CPU, CUDA's too. This finds weights
 * that overflow, and rows that are too short for the template, before a server loads the model.
 *
 * @throws RankError saying why the model cannot answer.
 */
export async function assertBuiltAnswers(dir: string, manifest: Manifest): Promise<void> {
  const { rowTokens, vocabulary } = manifest.blueprint;
  const { file, sha256 } = manifest.tokenizer;
  const encoder = createRequestEncoder({
    tokenizerPath: join(dir, file),
    expected: { sha256, vocabulary },
    template: manifest.template,
    normalize: manifest.normalize,
    limits: { prefixTokens: rowTokens, candidateTokens: rowTokens, rowTokens },
  });
  const outcome = encoder.encode(plainQuestion);
  if (!outcome.ok) {
    throw new RankError(
      'invalid-argument',
      `${manifest.name} has no room for a plain question in its rows of ${rowTokens} tokens: ` +
        outcome.message,
    );
  }
  const { cpu, cuda = cpu } = manifest.graphs;
  const graphs = new Map([cpu.score, cuda.score].map((graph) => [graph.file, graph]));
  for (const graph of graphs.values()) {
    await assertAnswers(
      dir,
      { ...manifest, graphs: { cpu: { score: graph } } },
      toPart(outcome.encoded),
    );
  }
}

async function assertAnswers(dir: string, manifest: Manifest, part: BatchPart): Promise<void> {
  const device = { provider: 'cpu', deviceId: 0, threads: 1 } as const;
  const session = await openSession({ modelDir: dir, manifest, ...device });
  try {
    const logits = await session.run(packBatch([part], scoreGraph(manifest, device.provider)));
    const problem = findNotFinite(logits);
    if (problem !== undefined) {
      throw cannotAnswer(manifest.name, problem);
    }
  } finally {
    await session.close();
  }
}

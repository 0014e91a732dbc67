import { at } from '../../../base/at.ts';
import type { Blueprint, Family } from '../../../model/manifest.ts';
import { ArchitectureFields } from './fields.ts';
import { assertBlueprint, familyTraits, findRowTokens } from './blueprint.ts';
import type { GgufFile } from '../../gguf/gguf.ts';
import { findString } from '../../gguf/metadata.ts';
import { parseGgufRope } from './gguf-rope.ts';
import { parseGgufClasses } from './parse-classes.ts';
import { outerTensors } from './tensors.ts';
import { refuse, within } from '../../files/checkpoint.ts';

/** Supported values of general.architecture. */
const families: readonly Family[] = ['llama', 'qwen2', 'qwen3'];

/**
 * The blueprint from the metadata of a GGUF file; its tensors decide vocabulary and tied head.
 * `ropeFactors` are the values of the tensor rope_freqs.weight, if there is one; `askedTokens` is
 * the number of tokens in a row that the user asked for.
 *
 * @throws CheckpointError
 */
export function parseGgufBlueprint(
  gguf: GgufFile,
  ropeFactors: Float32Array | undefined,
  askedTokens?: number,
): Blueprint {
  const file = gguf.source.name;
  const architecture = findString(gguf, 'general.architecture');
  const family = families.find((known) => known === architecture);
  if (family === undefined) {
    const where = within(file, 'metadata "general.architecture"');
    return refuse(where, 'the value', architecture, families.join(', '));
  }
  const fields = new ArchitectureFields(gguf, family);
  const positions = 'context_length';
  const rowTokens = findRowTokens(fields.number(positions), askedTokens, fields.where(positions));
  assertSupported(fields, rowTokens);
  const width = fields.number('embedding_length');
  const heads = fields.number('attention.head_count');
  const headDim = parseHeadDim(fields, width / heads);
  const embedding = gguf.tensors.get(outerTensors.embedding.gguf);
  return assertBlueprint(
    {
      family,
      layers: fields.number('block_count'),
      width,
      mlpWidth: fields.number('feed_forward_length'),
      heads,
      kvHeads: fields.number('attention.head_count_kv', heads),
      headDim,
      // Without an embedding the vocabulary is 0, which assertBlueprint refuses.
      vocabulary: embedding === undefined ? 0 : at(embedding.shape, 0),
      ...parseGgufRope(fields, headDim, ropeFactors),
      normEpsilon: fields.number('attention.layer_norm_rms_epsilon'),
      ...familyTraits[family],
      ...parseHead(gguf, family),
      rowTokens,
    },
    file,
  );
}

function parseHead(gguf: GgufFile, family: Family): Pick<Blueprint, 'tiedHead' | 'classes'> {
  return gguf.tensors.has(outerTensors.score.gguf)
    ? { tiedHead: false, classes: parseGgufClasses(gguf, family) }
    : { tiedHead: !gguf.tensors.has(outerTensors.head.gguf) };
}

function assertSupported(fields: ArchitectureFields, rowTokens: number): void {
  fields.only('expert_count', 0);
  if (fields.flag('attention.causal') === false) {
    refuse(fields.where('attention.causal'), 'the value', false, 'true');
  }
  const key = 'attention.sliding_window';
  const window = fields.number(key, 0);
  // A window that is at least as long as a row changes nothing.
  if (window !== 0 && window < rowTokens) {
    refuse(fields.where(key), 'the value', window, `0, or at least the ${rowTokens} of a row`);
  }
}

function parseHeadDim(fields: ArchitectureFields, fallback: number): number {
  const headDim = fields.number('attention.key_length', fallback);
  fields.only('attention.value_length', headDim);
  fields.only('rope.dimension_count', headDim);
  return headDim;
}

import type { Blueprint, Family } from '../manifest.ts';
import { assertBlueprint, familyTraits, findRowTokens } from './blueprint.ts';
import type { GgufFile } from './gguf.ts';
import { findNumber, findString } from './gguf-metadata.ts';
import { quote, refuse, within } from './refuse.ts';

/** Values of general.architecture. */
const families: readonly Family[] = ['llama', 'qwen2', 'qwen3'];
/** GGML's default where the key is missing. */
const defaultRopeTheta = 10_000;

/** The blueprint by a GGUF's metadata; vocabulary and tied head by its tensors. @throws CheckpointError */
export function parseGgufBlueprint(gguf: GgufFile, rowTokens?: number): Blueprint {
  const file = gguf.source.name;
  const architecture = findString(gguf, 'general.architecture');
  const family = families.find((known) => known === architecture);
  if (family === undefined) {
    const where = within(file, 'metadata "general.architecture"');
    return refuse(where, 'the value', architecture, families.join(', '));
  }
  const fields = new ArchitectureFields(gguf, family);
  assertSupported(fields, gguf);
  const width = fields.number('embedding_length');
  const heads = fields.number('attention.head_count');
  const headDim = parseHeadDim(fields, width / heads);
  return assertBlueprint(
    {
      family,
      layers: fields.number('block_count'),
      width,
      mlpWidth: fields.number('feed_forward_length'),
      heads,
      kvHeads: fields.number('attention.head_count_kv', heads),
      headDim,
      vocabulary: gguf.tensors.get('token_embd.weight')?.shape[0] ?? 0,
      ropeTheta: fields.number('rope.freq_base', defaultRopeTheta),
      normEpsilon: fields.number('attention.layer_norm_rms_epsilon'),
      ...familyTraits[family],
      tiedHead: !gguf.tensors.has('output.weight'),
      rowTokens: findRowTokens(
        fields.number('context_length'),
        rowTokens,
        fields.where('context_length'),
      ),
    },
    file,
  );
}

/** Metadata under the architecture's own prefix. */
class ArchitectureFields {
  readonly #gguf: GgufFile;
  readonly #family: Family;

  constructor(gguf: GgufFile, family: Family) {
    this.#gguf = gguf;
    this.#family = family;
  }

  where(key: string): string {
    return within(this.#gguf.source.name, `metadata ${quote(`${this.#family}.${key}`)}`);
  }

  number(key: string, fallback?: number): number {
    const found = findNumber(this.#gguf, `${this.#family}.${key}`) ?? fallback;
    return found ?? refuse(this.where(key), 'the value', found, 'a number');
  }

  /** @throws CheckpointError when the key is there and has another value. */
  only(key: string, value: string | number): void {
    const found = this.#gguf.metadata.get(`${this.#family}.${key}`) ?? value;
    if (found !== value) {
      refuse(this.where(key), 'the value', found, String(value));
    }
  }
}

function assertSupported(fields: ArchitectureFields, gguf: GgufFile): void {
  fields.only('expert_count', 0);
  fields.only('attention.sliding_window', 0);
  fields.only('rope.scaling.type', 'none');
  fields.only('rope.scale_linear', 1);
  if (gguf.tensors.has('rope_freqs.weight')) {
    const where = within(gguf.source.name, 'tensor "rope_freqs.weight"');
    refuse(where, 'rope scaling by factors', 'present', 'no rope scaling');
  }
}

function parseHeadDim(fields: ArchitectureFields, fallback: number): number {
  const headDim = fields.number('attention.key_length', fallback);
  fields.only('attention.value_length', headDim);
  fields.only('rope.dimension_count', headDim);
  return headDim;
}

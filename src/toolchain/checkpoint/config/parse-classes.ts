import type { ConfigFields } from './fields.ts';
import { type DescribedFile, findStrings } from '../../gguf/metadata.ts';
import { unnamedClass } from './label-head.ts';
import { quote, refuse, within } from '../../files/checkpoint.ts';

/** Transformers' default when a config.json does not say. */
const defaultClasses = 2;

/**
 * The classes of a sequence classifier, by row of its head: one class scored by its logit, or two
 * scored by a softmax.
 *
 * @throws CheckpointError for more classes, or classes that are scored in another way.
 */
export function parseClasses(config: ConfigFields): readonly string[] {
  const names = config.within('id2label');
  const count = config.number('num_labels', names.count || defaultClasses);
  if (count !== 1 && count !== 2) {
    const key = config.get('num_labels') === undefined ? 'id2label' : 'num_labels';
    refuse(config.where(key), 'the number of classes', count, '1 (yes), or 2 (no and yes)');
  }
  // Training sets this default; with two classes it means the softmax that we compute.
  config.only('problem_type', ...(count === 2 ? ['single_label_classification'] : []));
  return Array.from({ length: count }, (_, id) => {
    const name = names.get(String(id)) ?? unnamedClass(id);
    return typeof name === 'string'
      ? name
      : refuse(names.where(String(id)), 'the value', name, 'text');
  });
}

/**
 * The classes of a GGUF file with a classifier head, by row: the labels in its metadata.
 *
 * @throws CheckpointError
 */
export function parseGgufClasses(gguf: DescribedFile, family: string): readonly string[] {
  const key = `${family}.classifier.output_labels`;
  const found = findStrings(gguf, key) ?? [unnamedClass(0)];
  if (found.length !== 1 && found.length !== 2) {
    const where = within(gguf.source.name, `metadata ${quote(key)}`);
    refuse(where, 'the number of labels', found.length, '1 or 2');
  }
  return found;
}

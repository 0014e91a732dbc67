import { RankError } from '../../../base/errors.ts';
import type { Blueprint, Label, Manifest } from '../../../model/manifest.ts';
import { singleTokenId, type Tokenizer } from '../../../text/tokenizer/tokenizer.ts';

/**
 * The rows of the labels in the values of `labelHead`. A head of one row has no row for class 0,
 * whose logit is 0: zeros stand for it.
 *
 * @returns one array of [width] per id
 */
export function labelRows(
  values: Float32Array,
  { classes, width }: Blueprint,
  ids: readonly number[],
): Float32Array[] {
  const first = classes?.length === 1 ? 1 : 0;
  return ids.map((id) =>
    id < first
      ? new Float32Array(width)
      : values.slice((id - first) * width, (id - first + 1) * width),
  );
}

/**
 * The ids of the labels: of tokens, or of a classifier's classes. Classes are found by name.
 * Classes that have only the default names of converters (LABEL_0, LABEL_1) are no and yes; a
 * single class is yes.
 *
 * @throws RankError
 */
export function findLabels(
  blueprint: Blueprint,
  tokenizer: Tokenizer,
  texts: readonly [yes: string, no: string],
  from: string,
): Manifest['labels'] {
  const [yes, no] = texts.map((text): Label => {
    const id =
      blueprint.classes === undefined
        ? findToken(blueprint, tokenizer, text, from)
        : findClass(blueprint.classes, text, texts, from);
    return { text, id };
  });
  if (yes === undefined || no === undefined || yes.id === no.id) {
    throw new RankError('invalid-argument', `labels are ${texts.join()}; two words are needed`);
  }
  return { yes, no };
}

function findToken(
  { vocabulary }: Blueprint,
  tokenizer: Tokenizer,
  text: string,
  from: string,
): number {
  const id = singleTokenId(tokenizer, text);
  if (id >= vocabulary) {
    throw new RankError(
      'invalid-argument',
      `label '${text}' is token ${id}; ${from} has ${vocabulary} tokens`,
    );
  }
  return id;
}

function findClass(
  classes: readonly string[],
  text: string,
  [yes]: readonly [yes: string, no: string],
  from: string,
): number {
  if (classes.length === 1 || classes.every((name, id) => name === unnamedClass(id))) {
    return text === yes ? 1 : 0;
  }
  const id = classes.indexOf(text);
  if (id < 0) {
    const known = classes.map((name) => JSON.stringify(name)).join(' and ');
    throw new RankError(
      'invalid-argument',
      `label '${text}' is not a class of ${from}, which has ${known}; name them with --labels YES,NO`,
    );
  }
  return id;
}

/** The name that transformers gives a class without a name. */
export function unnamedClass(id: number): string {
  return `LABEL_${id}`;
}

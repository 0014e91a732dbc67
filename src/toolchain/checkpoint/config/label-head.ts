import { RankError } from '../../../base/errors.ts';
import type { Blueprint, Label, Manifest } from '../../../model/manifest.ts';
import { singleTokenId, type Tokenizer } from '../../../text/tokenizer/tokenizer.ts';

/** The rows of the labels' ids in the values of `labelHead`; class 0 of a head of one row is zeros. */
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
 * The labels' ids: of tokens, or of a classifier's classes. A classifier's are found by name; classes without names of
 * their own (LABEL_0, LABEL_1) are no and yes, as converters write them, and a single one is yes.
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
      `label '${text}' is no class of ${from}, which has ${known}; name them by --labels YES,NO`,
    );
  }
  return id;
}

/** What transformers calls a class that has no name. */
export function unnamedClass(id: number): string {
  return `LABEL_${id}`;
}

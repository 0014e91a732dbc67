import { RankError } from '../../../base/errors.ts';
import type { Blueprint, Label, Manifest } from '../../../model/manifest.ts';
import { singleTokenId, type Tokenizer } from '../../../text/tokenizer/tokenizer.ts';
import type { Shape } from '../../files/checkpoint.ts';

/** The head of a sequence classifier, [classes, width]. One row is the logit of yes against a no of 0. */
export const scoreName = 'score.weight';

type Head = Pick<Blueprint, 'classes' | 'tiedHead' | 'vocabulary' | 'width'>;

/** The tensor whose rows give the labels' logits. */
export function labelHead({ classes, tiedHead, vocabulary, width }: Head): {
  readonly name: string;
  readonly shape: Shape;
} {
  return classes !== undefined
    ? { name: scoreName, shape: [classes.length, width] }
    : {
        name: tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight',
        shape: [vocabulary, width],
      };
}

/** The rows of the labels' ids in the values of `labelHead`; class 0 of a head of one row is zeros. */
export function labelRows(
  values: Float32Array,
  { classes, width }: Head,
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

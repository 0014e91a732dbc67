import { at } from '../../base/at.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { createRandom } from '../../base/random.ts';
import type { Passage } from '../data/beir.ts';
import { boilerplate } from './boilerplate.ts';

/**
 * A change of a text's form that keeps its meaning, so that a robust model gives the same order.
 * Deterministic: random choices depend only on the perturbation and the id of the text.
 */
interface Perturbation {
  readonly text: Rewrite;
  /** Applied to titles that are not empty; undefined keeps them. */
  readonly title: Rewrite | undefined;
}

type Rewrite = (text: string, random: () => number) => string;

const both = (rewrite: Rewrite): Perturbation => ({ text: rewrite, title: rewrite });

const perturbations = {
  upper: both((text) => text.toUpperCase()),
  lower: both((text) => text.toLowerCase()),
  entities: both((text) => escapeHtml(text).replaceAll(' ', '&nbsp;')),
  html: { text: wrapInHtml, title: (title) => `<b>${escapeHtml(title)}</b>` },
  nbsp: both((text) => text.replaceAll(' ', '\u00a0')),
  'zero-width': both(insertZeroWidth),
  fullwidth: both(widen),
  spaces: both((text, random) => text.replaceAll(' ', () => pick(blanks, random))),
  'boilerplate-before': {
    text: (text, random) => `${pick(boilerplate, random)}\n\n${text}`,
    title: undefined,
  },
  'boilerplate-after': {
    text: (text, random) => `${text}\n\n${pick(boilerplate, random)}`,
    title: undefined,
  },
  markdown: { text: wrapInMarkdown, title: (title) => `**${title}**` },
  typos: both(swapLetters),
} as const satisfies Record<string, Perturbation>;

export type PerturbationName = keyof typeof perturbations;

export const perturbationNames = Object.keys(perturbations) as PerturbationName[];

/** All texts of a corpus, perturbed. */
export function perturbCorpus(
  corpus: ReadonlyMap<string, Passage>,
  name: PerturbationName,
): ReadonlyMap<string, Passage> {
  return new Map([...corpus].map(([id, passage]) => [id, perturb(passage, name)]));
}

export function perturb({ id, title, text }: Passage, name: PerturbationName): Passage {
  const { text: ofText, title: ofTitle }: Perturbation = perturbations[name];
  const random = createRandom(Number.parseInt(sha256(`${name} ${id}`).slice(0, 8), 16));
  return {
    id,
    title: title === '' || ofTitle === undefined ? title : ofTitle(title, random),
    text: ofText(text, random),
  };
}

const blanks = [' ', ' ', '  ', '\t', '\n', '   ', ' \n\n'];
const zeroWidths = ['\u200b', '\u2060', '\u00ad'];
/** The share of words that are changed. */
const zeroWidthShare = 0.2;
const typoShare = 0.03;

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => entities.get(found) ?? found);
}

function wrapInHtml(text: string): string {
  const [first = '', ...rest] = partsOf(text).map(escapeHtml);
  const items = rest.map((part) => `<li><span class="text">${part}</span></li>`).join('');
  const list = rest.length === 0 ? '' : `<ul class="list">${items}</ul>`;
  return `<div class="job-description"><p>${first}</p>${list}</div>`;
}

function wrapInMarkdown(text: string): string {
  const [first = '', ...rest] = partsOf(text);
  return [`**${first}**`, '', ...rest.map((part) => `* ${part}`)].join('\n').trimEnd();
}

/** The lines, or the sentences of a text with one line. */
function partsOf(text: string): readonly string[] {
  const parts = (by: RegExp) => text.split(by).filter((part) => part.trim() !== '');
  const lines = parts(/\n/);
  return lines.length > 1 ? lines : parts(/(?<=[.!?]) +/);
}

function insertZeroWidth(text: string, random: () => number): string {
  return text.replace(/\p{L}{4,}/gu, (word) => {
    if (random() >= zeroWidthShare) {
      return word;
    }
    const letters = Array.from(word);
    const place = 1 + Math.floor(random() * (letters.length - 1));
    return [...letters.slice(0, place), pick(zeroWidths, random), ...letters.slice(place)].join('');
  });
}

function widen(text: string): string {
  const toWide = (found: string) => String.fromCharCode(found.charCodeAt(0) + 0xfee0);
  return text.replace(/[!-~]/g, toWide).replaceAll(' ', '\u3000');
}

/** Swaps two neighbouring letters of a word, but not its first letter. */
function swapLetters(text: string, random: () => number): string {
  return text.replace(/\p{L}{4,}/gu, (word) => {
    if (random() >= typoShare) {
      return word;
    }
    const letters = Array.from(word);
    const place = 1 + Math.floor(random() * (letters.length - 2));
    const swapped = letters.slice(place, place + 2).reverse();
    return [...letters.slice(0, place), ...swapped, ...letters.slice(place + 2)].join('');
  });
}

function pick<T>(items: readonly T[], random: () => number): T {
  return at(items, Math.floor(random() * items.length));
}

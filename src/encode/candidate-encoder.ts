import type { BadCandidate, Truncation } from '../domain/rank.ts';
import type { CandidateText } from './encode.ts';
import { countIds, type EncodedSpan, encodeFixedSpans, fillSpans } from './encode-spans.ts';
import { candidateSpans, type PromptTemplate } from '../text/template.ts';
import type { Cut, Tokenizer } from '../text/tokenizer/tokenizer.ts';

/** Title and text of a candidate, cut to its budget; without the suffix. */
export interface FittedCandidate {
  readonly parts: readonly Int32Array[];
  readonly truncated: boolean;
}

/** The spans of a candidate: those of its title, if it has one, then the text. */
interface CandidateLayout {
  readonly title: readonly EncodedSpan[];
  /** Spaces before the text. */
  readonly lead: string;
}

/** Encodes candidates and cuts them at whole tokens, never inside a UTF-8 character. */
export class CandidateEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #titled: CandidateLayout;
  readonly #untitled: CandidateLayout;

  constructor(tokenizer: Tokenizer, template: PromptTemplate) {
    this.#tokenizer = tokenizer;
    this.#titled = createLayout(tokenizer, template, true);
    this.#untitled = createLayout(tokenizer, template, false);
  }

  /**
   * Keeps at most `budget` tokens, which known ids must not exceed. `start` removes the start of
   * the text, otherwise the end is removed. The title is cut only when it alone exceeds the
   * budget.
   */
  fit(candidate: CandidateText, budget: number, truncation: Truncation): FittedCandidate {
    if (candidate.ids !== undefined) {
      return { parts: [candidate.ids], truncated: false };
    }
    const { title, lead } = this.#layoutOf(candidate);
    const parts: Int32Array[] = [];
    let left = budget;
    for (const span of title) {
      const cut =
        span.kind === 'fixed'
          ? cutHead(span.ids, left)
          : this.#tokenizer.encodeHead(span.lead + (candidate.title ?? ''), left);
      parts.push(cut.ids);
      left -= cut.ids.length;
      if (cut.truncated) {
        return { parts, truncated: true };
      }
    }
    const text = lead + candidate.text;
    const cut =
      truncation === 'start'
        ? this.#tokenizer.encodeTail(text, left)
        : this.#tokenizer.encodeHead(text, left);
    return { parts: [...parts, cut.ids], truncated: cut.truncated };
  }

  /** Describes a candidate that exceeds its budget and may not be cut. Encodes all of it. */
  describeExcess(candidate: CandidateText, budget: number): BadCandidate {
    const { title, lead } = this.#layoutOf(candidate);
    const inTitle = countIds(fillSpans(this.#tokenizer, title, { title: candidate.title ?? '' }));
    const found = inTitle + this.#tokenizer.encode(lead + candidate.text).length;
    return {
      reason: 'TOO_LONG',
      field: inTitle > budget ? 'title' : 'text',
      description: `has ${found} tokens with its title; at most ${budget} are allowed`,
    };
  }

  #layoutOf({ title }: CandidateText): CandidateLayout {
    return title === undefined || title === '' ? this.#untitled : this.#titled;
  }
}

function createLayout(
  tokenizer: Tokenizer,
  template: PromptTemplate,
  hasTitle: boolean,
): CandidateLayout {
  const spans = candidateSpans(template, hasTitle);
  const text = spans.at(-1);
  return {
    title: encodeFixedSpans(tokenizer, spans.slice(0, -1)),
    lead: text?.kind === 'field' ? text.lead : '',
  };
}

function cutHead(ids: Int32Array, limit: number): Cut {
  return ids.length <= limit
    ? { ids, truncated: false }
    : { ids: ids.subarray(0, limit), truncated: true };
}

import type { Field, Span } from '../text/template.ts';
import type { Tokenizer } from '../text/tokenizer/tokenizer.ts';

/** A span with its template text already encoded. */
export type EncodedSpan =
  | { readonly kind: 'fixed'; readonly ids: Int32Array }
  | Extract<Span, { kind: 'field' }>;

export function encodeFixedSpans(tokenizer: Tokenizer, spans: readonly Span[]): EncodedSpan[] {
  return spans.map((span) =>
    span.kind === 'fixed' ? { kind: 'fixed', ids: tokenizer.encodeTemplate(span.text) } : span,
  );
}

/** The token ids of each span. Every field among the spans must have a text. */
export function fillSpans(
  tokenizer: Tokenizer,
  spans: readonly EncodedSpan[],
  texts: Readonly<Partial<Record<Field, string>>>,
): Int32Array[] {
  return spans.map((span) =>
    span.kind === 'fixed' ? span.ids : tokenizer.encode(span.lead + textOf(span.field, texts)),
  );
}

function textOf(field: Field, texts: Readonly<Partial<Record<Field, string>>>): string {
  const text = texts[field];
  if (text === undefined) {
    throw new Error(`this is a bug: no text for {${field}}`);
  }
  return text;
}

export function countIds(parts: readonly Int32Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Copies parts one after the other into `target`, from `start` on. */
export function writeParts(target: Int32Array, parts: readonly Int32Array[], start: number): void {
  let next = start;
  for (const part of parts) {
    target.set(part, next);
    next += part.length;
  }
}

import { at } from '../../../src/base/at.ts';
import { type Page, type Reference, tolerance } from './lists.ts';

/** The kinds of clients. */
export const clientKinds = ['unary', 'streamed', 'pinned', 'sessions', 'http'] as const;
export type ClientKind = (typeof clientKinds)[number];

/** An answer as its client got it. */
export interface Answer {
  readonly page: Page;
  readonly fingerprint: string;
  /** In the order of the texts. */
  readonly scores: readonly number[];
  /** The fingerprint that the request wanted, if it wanted one. */
  readonly pin: string | undefined;
  readonly retries: number;
  readonly sentAtMs: number;
}

/** Every call of one kind of clients, by its end. */
export interface KindReport {
  calls: number;
  okByA: number;
  okByB: number;
  /** Answered calls by how often they had to be sent again. */
  readonly retried: Record<string, number>;
  /** Pinned calls that ended with WRONG_FINGERPRINT when no server had the fingerprint any more. */
  refused: number;
  /** Calls that ended otherwise, by their errors: none may. */
  readonly failed: Record<string, number>;
  /** Answers with a score that is not the one of the named model. */
  wrongScores: number;
  /** Answers of another model than the pinned one. */
  brokenPins: number;
  /** Lists, those that were ranked again because their model went, and those that mixed models. */
  lists: number;
  listsAgain: number;
  listsMixed: number;
  largestError: number;
}

interface Timed {
  readonly endedAtMs: number;
  readonly ms: number;
}

/** Counts every call once, by its end. */
export class Account {
  readonly #reference: Reference;
  readonly #nowMs: () => number;
  readonly #kinds = new Map<ClientKind, KindReport>();
  readonly #times: Timed[] = [];

  constructor(reference: Reference, nowMs: () => number) {
    this.#reference = reference;
    this.#nowMs = nowMs;
  }

  answer(kind: ClientKind, { page, fingerprint, scores, pin, retries, sentAtMs }: Answer): void {
    const report = this.#of(kind);
    const { a, b } = this.#reference;
    report.calls += 1;
    report.okByA += fingerprint === a ? 1 : 0;
    report.okByB += fingerprint === b ? 1 : 0;
    increment(report.retried, String(retries));
    const error = this.#reference.error(fingerprint, page, scores);
    report.largestError = Math.max(report.largestError, error);
    report.wrongScores += error <= tolerance ? 0 : 1;
    report.brokenPins += pin !== undefined && pin !== fingerprint ? 1 : 0;
    const endedAtMs = this.#nowMs();
    this.#times.push({ endedAtMs, ms: endedAtMs - sentAtMs });
  }

  refuse(kind: ClientKind): void {
    this.#of(kind).calls += 1;
    this.#of(kind).refused += 1;
  }

  fail(kind: ClientKind, error: string): void {
    this.#of(kind).calls += 1;
    increment(this.#of(kind).failed, error);
  }

  /** A list whose pages were answered by models with these fingerprints. */
  endList(kind: ClientKind, fingerprints: readonly string[], isAgain: boolean): void {
    const report = this.#of(kind);
    report.lists += 1;
    report.listsAgain += isAgain ? 1 : 0;
    report.listsMixed += new Set(fingerprints).size > 1 ? 1 : 0;
  }

  report(): Readonly<Partial<Record<ClientKind, KindReport>>> {
    return Object.fromEntries(this.#kinds);
  }

  /** The p50 and p99 of answers that came between two moments, in milliseconds. */
  latency(fromAtMs: number, toAtMs: number): { readonly p50: number; readonly p99: number } {
    const sorted = this.#times
      .filter(({ endedAtMs }) => endedAtMs >= fromAtMs && endedAtMs < toAtMs)
      .map(({ ms }) => ms)
      .sort((x, y) => x - y);
    const quantile = (q: number) =>
      sorted.length === 0 ? Number.NaN : at(sorted, Math.floor(q * (sorted.length - 1)));
    return { p50: quantile(0.5), p99: quantile(0.99) };
  }

  #of(kind: ClientKind): KindReport {
    const found = this.#kinds.get(kind) ?? {
      calls: 0,
      okByA: 0,
      okByB: 0,
      retried: {},
      refused: 0,
      failed: {},
      wrongScores: 0,
      brokenPins: 0,
      lists: 0,
      listsAgain: 0,
      listsMixed: 0,
      largestError: 0,
    };
    this.#kinds.set(kind, found);
    return found;
  }
}

/** Every fault as a sentence; empty if there was none. */
export function findFaults(report: ReturnType<Account['report']>): readonly string[] {
  return Object.entries(report).flatMap(([kind, each]) => [
    ...Object.entries(each.failed).map(([error, count]) => `${kind}: ${count} failed: ${error}`),
    ...(each.wrongScores === 0 ? [] : [`${kind}: ${each.wrongScores} answers of another model`]),
    ...(each.brokenPins === 0 ? [] : [`${kind}: ${each.brokenPins} pins not respected`]),
    ...(each.listsMixed === 0 ? [] : [`${kind}: ${each.listsMixed} lists of two models`]),
    ...(each.okByA + each.okByB === 0 ? [`${kind}: no call was answered`] : []),
  ]);
}

function increment(counts: Record<string, number>, key: string): void {
  const { [key]: count = 0 } = counts;
  counts[key] = count + 1;
}

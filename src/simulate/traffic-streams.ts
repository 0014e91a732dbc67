import type { PriorityClass } from '../domain/events.ts';
import type { TrafficShape } from '../domain/traffic.ts';
import { drawExponential, drawFromQuantiles, type Random } from './draw.ts';

/** Requests of one client, arriving as a Poisson process. */
export interface Stream {
  readonly client: string;
  readonly class: PriorityClass;
  readonly requestsPerSecond: number;
  /** One is drawn for each request. */
  readonly shapes: readonly RequestShape[];
  /** Time that a request has; undefined for no deadline. */
  readonly deadlineMs: number | undefined;
}

export interface RequestShape {
  readonly prefixTokens: number;
  readonly candidates: number;
  /** Of a candidate with its suffix: quantiles at even steps, at least two. */
  readonly lengths: readonly number[];
}

/** A request of a stream or of a captured trace. */
export interface Arrival extends TrafficShape {
  readonly client: string;
}

/** Title, text and the template's suffix of 20 tokens: twentieths of the 680 postings of jobs-bench/dev, SmolLM2's tokens. */
const postings = [
  71, 107, 129, 148, 170, 197, 216, 230, 239, 245, 248, 252, 257, 260, 265, 269, 274, 279, 288, 301,
  350,
];

const shapePattern = /^(\d+)\+(\d+)x(?:(\d+)(?:-(\d+))?|postings)$/;

/**
 * PREFIX+COUNTxLENGTH; LENGTH may be a range FROM-TO (any length alike) or `postings` (as long as real job postings).
 *
 * @throws Error
 */
export function parseShape(text: string): RequestShape {
  const match = shapePattern.exec(text);
  const [prefixTokens = 0, candidates = 0, least, most] = (match ?? []).slice(1).map(Number);
  if (match === null || candidates < 1 || least === 0) {
    throw new Error(
      `'${text}' is no shape; allowed: PREFIX+COUNTxLENGTH in tokens, such as 50+50x150, 50+50x40-300, 50+50xpostings`,
    );
  }
  const range =
    match[3] === undefined
      ? postings
      : [least ?? 1, match[4] === undefined ? (least ?? 1) : (most ?? 1)];
  return { prefixTokens, candidates, lengths: range };
}

/** Arrivals of all streams within so many seconds, in order of time. Equal seeds give equal arrivals. */
export function drawArrivals(
  streams: readonly Stream[],
  seconds: number,
  random: Random,
): readonly Arrival[] {
  return streams
    .flatMap((stream) => drawStream(stream, seconds, random))
    .sort((a, b) => a.atMs - b.atMs);
}

function drawStream(stream: Stream, seconds: number, random: Random): Arrival[] {
  const { client, deadlineMs, shapes } = stream;
  const gapMs = 1_000 / stream.requestsPerSecond;
  const arrivals: Arrival[] = [];
  for (
    let atMs = drawExponential(random, gapMs);
    atMs < seconds * 1_000;
    atMs += drawExponential(random, gapMs)
  ) {
    const shape = shapes[Math.floor(random() * shapes.length)];
    const candidateTokens = Array.from({ length: shape?.candidates ?? 0 }, () =>
      Math.max(1, Math.round(drawFromQuantiles(random, shape?.lengths ?? [1]))),
    );
    const prefixTokens = shape?.prefixTokens ?? 0;
    arrivals.push({ client, class: stream.class, atMs, deadlineMs, prefixTokens, candidateTokens });
  }
  return arrivals;
}

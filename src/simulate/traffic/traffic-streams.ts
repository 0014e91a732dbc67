import { at } from '../../base/at.ts';
import type { PriorityClass } from '../../domain/events.ts';
import type { TrafficShape } from '../../domain/traffic.ts';
import { drawExponential, drawFromQuantiles, type Random } from './draw.ts';
import { type RateCurve, steady } from './rate.ts';

/** The requests of one client, which arrive as a Poisson process. */
export interface Stream {
  readonly client: string;
  readonly class: PriorityClass;
  readonly requestsPerSecond: number;
  /** Each request has one of these shapes, drawn at random. */
  readonly shapes: readonly RequestShape[];
  /** From arrival to deadline; undefined for no deadline. */
  readonly deadlineMs: number | undefined;
}

export interface RequestShape {
  readonly prefixTokens: number;
  readonly candidates: number;
  /** Quantiles at equal steps, at least two, of a candidate's tokens with its suffix. */
  readonly lengths: readonly number[];
}

/** A request of a stream or of a captured trace. */
export interface Arrival extends TrafficShape {
  readonly client: string;
}

/**
 * Quantiles at twentieths of the 680 postings of jobs-bench/dev: SmolLM2's tokens of title and
 * text, and the 20 of the template's suffix.
 */
const postings = [
  71, 107, 129, 148, 170, 197, 216, 230, 239, 245, 248, 252, 257, 260, 265, 269, 274, 279, 288, 301,
  350,
];

const shapePattern = /^(\d+)\+(\d+)x(?:(\d+)(?:-(\d+))?|postings)$/;

/**
 * Parses PREFIX+COUNTxLENGTH. LENGTH may be a range FROM-TO, whose lengths are equally likely, or
 * `postings`, the lengths of real job postings.
 *
 * @throws Error
 */
export function parseShape(text: string): RequestShape {
  const match = shapePattern.exec(text);
  const [prefixTokens = 0, candidates = 0, least, most] = (match ?? []).slice(1).map(Number);
  if (match === null || candidates < 1 || least === 0) {
    throw new Error(
      `'${text}' is no shape; allowed: PREFIX+COUNTxLENGTH in tokens, ` +
        'such as 50+50x150, 50+50x40-300, 50+50xpostings',
    );
  }
  const range =
    match[3] === undefined
      ? postings
      : [least ?? 1, match[4] === undefined ? (least ?? 1) : (most ?? 1)];
  return { prefixTokens, candidates, lengths: range };
}

/**
 * The arrivals of all streams within `seconds`, by time. Equal seeds give equal arrivals. The rate
 * of each stream follows the curve.
 */
export function drawArrivals(
  streams: readonly Stream[],
  seconds: number,
  random: Random,
  curve: RateCurve = steady,
): readonly Arrival[] {
  return streams
    .flatMap((stream) => drawStream(stream, seconds, random, curve))
    .sort((a, b) => a.atMs - b.atMs);
}

function drawStream(
  stream: Stream,
  seconds: number,
  random: Random,
  curve: RateCurve,
): readonly Arrival[] {
  const { client, deadlineMs } = stream;
  const gapMs = 1_000 / (stream.requestsPerSecond * curve.most);
  const shapes = stream.shapes.map(createLengths);
  const arrivals: Arrival[] = [];
  for (
    let atMs = drawExponential(random, gapMs);
    atMs < seconds * 1_000;
    atMs += drawExponential(random, gapMs)
  ) {
    // Thinning (Lewis and Shedler, 1979): arrivals at the highest rate are kept in part.
    if (curve === steady || random() * curve.most < curve.at(atMs)) {
      const { prefixTokens, draw } = at(shapes, Math.floor(random() * shapes.length));
      const candidateTokens = draw(random);
      const { class: priority } = stream;
      arrivals.push({ client, class: priority, atMs, deadlineMs, prefixTokens, candidateTokens });
    }
  }
  return arrivals;
}

/** Requests with equal candidates share one list: a large fleet has millions of candidates. */
function createLengths({ prefixTokens, candidates, lengths }: RequestShape) {
  const drawOne = (random: Random) => Math.max(1, Math.round(drawFromQuantiles(random, lengths)));
  const first = Math.max(1, Math.round(at(lengths, 0)));
  const equal = lengths.every((length) => length === at(lengths, 0))
    ? new Array<number>(candidates).fill(first)
    : undefined;
  return {
    prefixTokens,
    draw: (random: Random): readonly number[] =>
      equal ?? Array.from({ length: candidates }, () => drawOne(random)),
  };
}

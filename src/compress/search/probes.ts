import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import { readRegularSync } from '../../base/files/regular-file.ts';
import { sha256 } from '../../base/files/sha256.ts';
import { createRandom } from '../../base/random.ts';
import type { Background } from '../text/background.ts';
import { findWords } from '../text/words.ts';

/** Queries that users may ask, to see how a text is ranked. */
export interface ProbeBank {
  /** SHA-256 of the queries. */
  readonly id: string;
  /**
   * Queries about a text: those that share most with it, best first, and then as many others, drawn
   * by the text's hash. Fewer when the bank has fewer.
   */
  choose(counts: ReadonlyMap<string, number>, count: ProbeCount): ChosenProbes;
}

export interface ProbeCount {
  readonly near: number;
  readonly far: number;
}

export interface ChosenProbes {
  readonly near: readonly string[];
  readonly far: readonly string[];
}

const mostBytes = 16 * 2 ** 20;
/** How often a word of the text counts at most. */
const mostCounted = 2;

/** Reads a bank: one query a line. @throws RankError when there are fewer than 2. */
export function readProbes(path: string, background: Background): ProbeBank {
  const lines = readRegularSync(path, mostBytes).toString('utf8').split('\n');
  const queries = [...new Set(lines.map((line) => line.trim()).filter((line) => line !== ''))];
  if (queries.length < 2) {
    throw new RankError('invalid-argument', `${path} has ${queries.length} queries; 2 are needed`);
  }
  return createProbeBank(queries, background);
}

export function createProbeBank(queries: readonly string[], background: Background): ProbeBank {
  const keys = queries.map((query) => findWords(query).map(({ key }) => key));
  return {
    id: sha256(queries.join('\n')),
    choose: (counts, { near, far }) => {
      const random = createRandom(seedOf(counts));
      const drawn = queries.map(random);
      const shared = keys.map((words) => {
        const sum = words.reduce((total, key) => {
          const count = Math.min(mostCounted, counts.get(key) ?? 0);
          return total + count * background.inverseFrequency(key);
        }, 0);
        return sum / (1 + words.length);
      });
      const order = queries
        .map((_, i) => i)
        .sort((a, b) => at(shared, b) - at(shared, a) || at(drawn, a) - at(drawn, b));
      const others = order.slice(near).sort((a, b) => at(drawn, a) - at(drawn, b));
      const named = (indices: readonly number[]) => indices.map((i) => at(queries, i));
      return { near: named(order.slice(0, near)), far: named(others.slice(0, far)) };
    },
  };
}

/** Equal texts get equal probes. */
function seedOf(counts: ReadonlyMap<string, number>): number {
  return Number.parseInt(sha256([...counts.keys()].join(' ')).slice(0, 8), 16);
}

import { at } from '../../base/at.ts';
import type { ScoreGroups } from '../compressor.ts';
import { divergence, probabilityShift } from './fidelity.ts';
import type { ChosenProbes } from './probes.ts';

/** The ranker's answers on one original, to which shorter texts are compared. */
export interface Ranker {
  /** KL of each text's answers to the original's, over the choosing probes. */
  diverge(texts: readonly string[]): Promise<readonly number[]>;
  /** KL and mean |difference of p(yes)| of each text, over the judging probes. */
  judge(texts: readonly string[]): Promise<readonly Loss[]>;
}

export interface Loss {
  readonly kl: number;
  readonly dp: number;
}

export interface Asked {
  readonly text: string;
  readonly probes: ChosenProbes;
  /** Probes that choose. */
  readonly choosing: number;
  readonly score: ScoreGroups;
  readonly signal: AbortSignal | undefined;
}

/** Asks all probes on the original. */
export async function askRanker(asked: Asked): Promise<Ranker> {
  const { text, probes, score, signal } = asked;
  const all = [...probes.near, ...probes.far];
  const [answers = new Float64Array(0)] = await score([{ source: { text }, queries: all }], signal);
  const { choosing, judging } = divideProbes(answers, asked.choosing);
  const queriesOf = (indices: readonly number[]) => indices.map((i) => at(all, i));
  const marginsOf = (indices: readonly number[]) =>
    Float64Array.from(indices, (i) => at(answers, i));
  const ask = (texts: readonly string[], queries: readonly string[]) =>
    score(
      texts.map((each) => ({ source: { text: each }, queries })),
      signal,
    );
  const [chooses, chosen] = [queriesOf(choosing), marginsOf(choosing)];
  // Without probes of their own, those that chose must judge.
  const judges = judging.length === 0 ? choosing : judging;
  const judged = marginsOf(judges);
  return {
    diverge: async (texts) =>
      (await ask(texts, chooses)).map((margins) => divergence(margins, chosen)),
    judge: async (texts) =>
      (await ask(texts, queriesOf(judges))).map((margins) => {
        return { kl: divergence(margins, judged), dp: probabilityShift(margins, judged) };
      }),
  };
}

/**
 * The highest answers choose and judge in turns, and so down to the lowest, spread evenly: probes
 * of both kinds are of all grades.
 */
export function divideProbes(answers: Float64Array, choosing: number) {
  const order = Array.from(answers.keys()).sort((a, b) => at(answers, b) - at(answers, a) || a - b);
  const chooses: number[] = [];
  const judges: number[] = [];
  order.forEach((probe, place) => {
    const due = Math.ceil(((place + 1) * choosing) / order.length);
    (chooses.length < due ? chooses : judges).push(probe);
  });
  return { choosing: chooses, judging: judges };
}

import { settings } from '../../src/config/config-settings.ts';
import type { VariantName } from './variants.ts';

/** The models of the ladder: the dense ranker, and the pruned one in two precisions. */
export const modelNames = ['dense', 'fp32', 'int8'] as const;
export type ModelName = (typeof modelNames)[number];

/** What the server gets of a candidate: its texts, whole or cut, its summary, or its id. */
export type Reads = 'texts' | 'head' | 'summary' | 'id';

export interface Step {
  readonly name: string;
  readonly model: ModelName;
  /** A graph in this process, one session of all cores; or a server, a replica for each core. */
  readonly by: { readonly graph: VariantName } | Served;
}

export interface Served {
  readonly reads: Reads;
  /** Settings that differ from the other steps' server; it has one of its own then. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Most tokens of a candidate in the step `head`. */
export const headTokens = 64;

/** Keeps the keys and values of candidates between requests. */
const statesSetting = { name: 'statesMb', variable: 'SLMRANK_STATES_MB' };
const statesSettings = { [statesSetting.variable]: '512' };

/** Each step changes one thing of the step before. */
export const ladder: readonly Step[] = [
  { name: 'stock export', model: 'dense', by: { graph: 'stock' } },
  { name: 'label rows', model: 'dense', by: { graph: 'labels' } },
  { name: 'packed', model: 'dense', by: { graph: 'packed' } },
  { name: 'shared', model: 'dense', by: { graph: 'shared' } },
  { name: 'served', model: 'dense', by: { reads: 'texts' } },
  { name: '55 M', model: 'fp32', by: { reads: 'texts' } },
  { name: 'int8', model: 'int8', by: { reads: 'texts' } },
  { name: `${headTokens} tokens`, model: 'int8', by: { reads: 'head' } },
  { name: '24 tokens', model: 'int8', by: { reads: 'summary' } },
  { name: 'by id', model: 'int8', by: { reads: 'id' } },
  // By texts: it has another fingerprint, for which a store would make its summaries anew.
  { name: 'states', model: 'int8', by: { reads: 'summary', settings: statesSettings } },
];

export interface LadderPlan {
  readonly steps: readonly Step[];
  readonly leftOut: readonly { readonly names: readonly string[]; readonly why: string }[];
}

/** Leaves out the steps whose model or setting is not there, and says why. */
export function planLadder(
  hasDense: boolean,
  hasStates: boolean = Object.hasOwn(settings, statesSetting.name),
): LadderPlan {
  const isDense = ({ model }: Step) => model === 'dense';
  const hasSettings = ({ by }: Step) => 'settings' in by;
  const missing = [
    ...(hasDense ? [] : [{ why: 'the dense ranker is not built (--dense)', needs: isDense }]),
    ...(hasStates
      ? []
      : [{ why: `this server has no setting ${statesSetting.variable}`, needs: hasSettings }]),
  ];
  return {
    steps: ladder.filter((step) => !missing.some(({ needs }) => needs(step))),
    leftOut: missing.map(({ why, needs }) => ({
      names: ladder.filter(needs).map(({ name }) => name),
      why,
    })),
  };
}

/**
 * The step whose answers stand for those of each step: its own, and for a graph in this process,
 * which has the same scores up to rounding, those of the served step of the same model. The stock
 * export would take half an hour for a hundred requests.
 */
export function borrowQuality(steps: readonly Step[]): readonly number[] {
  return steps.map(({ model, by }, place) => {
    const served = steps.findIndex((other) => other.model === model && 'reads' in other.by);
    return 'graph' in by && served >= 0 ? served : place;
  });
}

/** The steps of a round: another one begins each time, so that no step always runs first. */
export function orderOfRound(steps: number, round: number): readonly number[] {
  return Array.from({ length: steps }, (_, turn) => (turn + round) % steps);
}

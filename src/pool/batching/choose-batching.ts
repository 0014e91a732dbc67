import type { ServedConfig } from '../../config/config.ts';
import { countSlots } from '../../config/device-slots.ts';
import type { Choice } from '../../domain/rank.ts';

/** What may be chosen: ascending token budgets, and numbers of replicas on a GPU. */
export interface Bounds {
  readonly tokenBudgets: readonly number[];
  readonly replicas: readonly number[];
}

/** Runs of batches of one size on so many replicas of one GPU, all busy at the same time. */
export interface Measured {
  readonly replicas: number;
  readonly tokenBudget: number;
  readonly packedTokens: number;
  /** The median of the runs. */
  readonly runMs: number;
}

export interface Measurements {
  readonly measured: readonly Measured[];
  /** What ended the measuring early; undefined when nothing did. */
  readonly problem?: string | undefined;
}

/** The configuration that is served, and what is published about it. */
export interface Settled {
  readonly config: ServedConfig;
  readonly choices: readonly Choice[];
}

/** A longer run would take too much of a request's time: its latency is that of two or three. */
export const mostRunMs = 100;
/** A larger batch or another replica has to be faster by more than this. */
const leastGain = 0.03;
/** Smaller models do not fill a GPU from one thread: launches and copies take too much time. */
const smallParameters = 150e6;

/**
 * What the settings leave open. Undefined when that is nothing, and for CPU, whose batches have to
 * fit the caches and whose slots are cores.
 */
export function boundsOf(config: ServedConfig, parameters: number): Bounds | undefined {
  const [first] = config.devices;
  const open = config.devices.find(({ isUncounted }) => isUncounted === true);
  const isBudgetOpen = !config.given.has('tokenBudget');
  if (first?.provider !== 'cuda' || (open === undefined && !isBudgetOpen)) {
    return undefined;
  }
  const given = config.devices.filter(({ deviceId }) => deviceId === first.deviceId).length;
  const usual = parameters < smallParameters ? [2, 3] : [1, 2];
  return {
    tokenBudgets: isBudgetOpen ? [8_192, 16_384, 32_768] : [config.tokenBudget],
    replicas: open === undefined ? [given] : usual,
  };
}

/**
 * The fewest replicas, then the smallest budget, that are within `leastGain` of the best rate of
 * all whose runs take at most `mostRunMs`. When every run takes longer, the shortest run counts.
 */
export function chooseBatching(measured: readonly Measured[]): Measured | undefined {
  const shortest = Math.min(...measured.map(({ runMs }) => runMs));
  const allowed = measured.filter(({ runMs }) => runMs <= Math.max(mostRunMs, shortest));
  const best = Math.max(...allowed.map(tokensPerMs));
  return allowed
    .filter((each) => tokensPerMs(each) >= best * (1 - leastGain))
    .toSorted((a, b) => a.replicas - b.replicas || a.tokenBudget - b.tokenBudget)[0];
}

/**
 * Puts what was chosen where the settings leave it open. When nothing could be measured, a GPU gets
 * one replica and the smallest budget of the bounds, which fit soonest. `problem` says why not.
 */
export function settle(
  config: ServedConfig,
  bounds: Bounds | undefined,
  { measured, problem }: Measurements,
): Settled {
  const picked = chooseBatching(measured);
  const usual = `the default on ${config.devices[0]?.provider ?? 'cpu'}`;
  const why = bounds === undefined ? usual : explain(picked, measured, problem);
  const tokenBudget = picked?.tokenBudget ?? bounds?.tokenBudgets.at(0) ?? config.tokenBudget;
  const devices = countSlots(config.devices, picked?.replicas ?? 1);
  const reasonOf = (name: 'tokenBudget' | 'devices' | 'encoders', otherwise: string) => {
    const source = config.given.get(name);
    return source === undefined ? otherwise : `given by ${source}`;
  };
  const isOpen = config.devices.some(({ isUncounted }) => isUncounted === true);
  const slots = `${reasonOf('devices', usual)}${isOpen ? `; their number: ${why}` : ''}`;
  const encoders = reasonOf('encoders', `${usual}, by the number of cores`);
  return {
    config: { ...config, tokenBudget, devices },
    choices: [
      { setting: 'token_budget', value: `${tokenBudget}`, reason: reasonOf('tokenBudget', why) },
      { setting: 'devices', value: devices.map(({ name }) => name).join(','), reason: slots },
      { setting: 'encoders', value: `${config.encoders}`, reason: encoders },
    ],
  };
}

function explain(
  picked: Measured | undefined,
  measured: readonly Measured[],
  problem = 'it was stopped',
): string {
  if (picked === undefined) {
    return `the least, as nothing could be measured: ${problem}`;
  }
  const { replicas, tokenBudget, runMs } = picked;
  const each = `replica${replicas > 1 ? 's' : ''} of ${tokenBudget} tokens`;
  return (
    `measured ${Math.round(tokensPerMs(picked))} tokens/ms with ${replicas} ${each} ` +
    `(${runMs.toFixed(1)} ms a run, at most ${mostRunMs} ms wanted), the least of ` +
    `${measured.length} that is within 3 % of the best`
  );
}

function tokensPerMs({ replicas, packedTokens, runMs }: Measured): number {
  return (replicas * packedTokens) / runMs;
}

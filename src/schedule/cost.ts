/** What work costs, learnt from runs. */
export interface CostModel {
  observe(run: ObservedRun): void;
  /** Milliseconds that one replica needs for so many packed tokens; 0 before the first run was seen. */
  estimateMs(packedTokens: number): number;
}

export interface ObservedRun {
  /** The device slot's name. */
  readonly replica: string;
  readonly packedTokens: number;
  readonly runMs: number;
}

/** Weight of the newest run: about the last twenty count. */
const newest = 0.1;

/** One pace for all: an exponentially weighted mean of milliseconds and tokens apart, so that small runs weigh little. */
export function createTokenPace(): CostModel {
  let meanMs = 0;
  let meanTokens = 0;
  return {
    observe({ packedTokens, runMs }) {
      const weight = meanTokens === 0 ? 1 : newest;
      meanMs += weight * (runMs - meanMs);
      meanTokens += weight * (packedTokens - meanTokens);
    },
    estimateMs: (packedTokens) => (meanTokens === 0 ? 0 : (packedTokens * meanMs) / meanTokens),
  };
}

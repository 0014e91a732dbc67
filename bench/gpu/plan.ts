import type { ModelName, Provider } from './models.ts';

/** One row of a result, as a line of JSON and of a table. */
export type Row = Readonly<Record<string, string | number>>;

/** A shape, a token budget and a model that are measured with each of the graphs. */
export interface Case {
  readonly model: ModelName;
  readonly shape: string;
  readonly budget: number;
  /** All graphs, not only the baseline and the one that is served. */
  readonly isWhole?: boolean;
  /** The candidates/s that are aimed at on one H100 or H200. */
  readonly aim?: number;
}

/** What a step needs; it crosses to the step's process as JSON. */
export interface StepOptions {
  readonly provider: Provider;
  readonly outDir: string;
  /** The time of each measurement. */
  readonly seconds: number;
  readonly cases: readonly Case[];
  /** Scores in fp16 on the device are compared with fp32 on the CPU. */
  readonly compared: readonly ModelName[];
  /** Numbers of requests in flight at the server. */
  readonly levels: readonly number[];
  readonly candidates: number;
  readonly words: number;
  /** How often a replica is added and removed beside a busy one. */
  readonly cycles: number;
  readonly isSmall: boolean;
}

export const stepNames = ['scores', 'rates', 'server', 'replicas', 'operators'] as const;
export type StepName = (typeof stepNames)[number];

export interface Step {
  readonly name: StepName;
  /** It is ended after this time; the rows that it has given stay. */
  readonly limitS: number;
  readonly env: Readonly<Record<string, string>>;
}

/** The whole run, in the order of what is wanted most; later steps get the time that is left. */
export const wholeLimitS = 170;

export const steps: readonly Step[] = [
  { name: 'scores', limitS: 35, env: {} },
  { name: 'rates', limitS: 60, env: {} },
  { name: 'server', limitS: 50, env: {} },
  { name: 'replicas', limitS: 35, env: {} },
  // Without it an operator's time is only that of launching its kernels.
  { name: 'operators', limitS: 30, env: { CUDA_LAUNCH_BLOCKING: '1' } },
];

/** Aims on one H100 or H200 with one replica, and over gRPC with text. */
export const serverAim = { candidatesPerS: 15_000, p99Ms: 500 };

const usualCases: readonly Case[] = [
  { model: 'qwen3-0.6b-pruned', shape: '50+50x150', budget: 8_192 },
  { model: 'qwen3-0.6b-pruned', shape: '50+50x150', budget: 32_768, isWhole: true, aim: 5_000 },
  { model: 'qwen3-0.6b-pruned', shape: '50+50x150', budget: 65_000, aim: 5_000 },
  { model: 'qwen3-0.6b-pruned', shape: '120+10x180', budget: 32_768 },
  { model: 'qwen3-0.6b-pruned', shape: '40+16x32', budget: 32_768 },
  { model: 'slmrank-55m', shape: '50+50x150', budget: 8_192 },
  { model: 'slmrank-55m', shape: '50+50x150', budget: 32_768, isWhole: true, aim: 20_000 },
  { model: 'slmrank-55m', shape: '120+10x180', budget: 32_768 },
  { model: 'slmrank-55m', shape: '40+16x32', budget: 8_192 },
  { model: 'smollm2-135m', shape: '50+50x150', budget: 32_768 },
];

const smallCases: readonly Case[] = [
  { model: 'qwen3-tiny', shape: '40+16x32', budget: 1_024, isWhole: true },
  { model: 'llama-tiny', shape: '40+16x32', budget: 2_048 },
];

export function planOptions({
  isSmall,
  provider,
  outDir,
}: Pick<StepOptions, 'isSmall' | 'provider' | 'outDir'>): StepOptions {
  return {
    provider,
    outDir,
    isSmall,
    seconds: isSmall ? 0.2 : 1,
    cases: isSmall ? smallCases : usualCases,
    compared: isSmall ? ['llama-tiny', 'qwen3-tiny'] : ['llama-3-layers', 'qwen3-3-layers'],
    levels: isSmall ? [1, 2] : [1, 4, 16, 32, 64],
    candidates: isSmall ? 4 : 50,
    words: isSmall ? 20 : 112,
    cycles: isSmall ? 1 : 3,
  };
}

/** The models that a plan measures; each is built once, in a process of its own. */
export function modelsOf({ cases, compared }: StepOptions): readonly ModelName[] {
  return [...new Set([...compared, ...cases.map(({ model }) => model)])];
}

/** The seconds that a step may take: its own limit, or what is left of the whole. */
export function limitOf({ limitS }: Step, spentS: number): number {
  return Math.max(0, Math.min(limitS, wholeLimitS - spentS));
}

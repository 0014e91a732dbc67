import { play, type Planned } from '../traffic/play.ts';
import { poissonArrivals, type Stretch, lengthOf } from '../traffic/arrivals.ts';
import type { SuiteOptions } from './options.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import type { Message, Sender } from '../traffic/sender.ts';
import type { LengthMix } from '../traffic/shapes.ts';
import type { Stand } from '../server/stand.ts';
import type { RequestMaker } from '../traffic/request-maker.ts';
import { at } from '../../../src/base/at.ts';

/** The parts that every scenario uses. */
export interface Bench {
  readonly options: SuiteOptions;
  readonly stand: Stand;
  readonly sender: Sender;
  readonly maker: RequestMaker;
  readonly mix: LengthMix;
  /** Requests of the usual mix, sent in turn. */
  readonly messages: readonly Message[];
  /** Requests of the usual mix that the server can answer per second. */
  readonly capacity: number;
  readonly say: (line: string) => void;
}

export interface PoissonRun {
  readonly name: string;
  readonly note: string;
  readonly stretches: readonly Stretch[];
  readonly messages?: readonly Message[];
  readonly deadlineMs?: number;
  /** Changes the request at a place of the plan. */
  readonly vary?: (planned: Planned, place: number) => Planned;
}

/** Open-loop Poisson arrivals at the given rates. */
export function runPoisson(bench: Bench, run: PoissonRun): Promise<ScenarioResult> {
  const { options, stand, sender, maker } = bench;
  const { name, note, stretches, messages = bench.messages } = run;
  const deadlineMs = run.deadlineMs ?? options.deadlineMs;
  const plan = poissonArrivals(stretches, maker.random).map((atMs, place): Planned => {
    const message = at(messages, place % messages.length);
    const planned = { atMs, message, deadlineMs };
    return run.vary?.(planned, place) ?? planned;
  });
  bench.say(`${name}: ${note}`);
  const words = { name, note, generator: 'Poisson client', deadlineMs } as const;
  return runScenario(stand, { ...words, seconds: lengthOf(stretches) }, () =>
    play(sender, name, plan),
  );
}

export function meanPackedTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, { packedTokens }) => sum + packedTokens, 0) / messages.length;
}

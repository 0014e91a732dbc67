import type { Machine } from '../../src/eval/measures/machine.ts';
import type { Fit, MeasuredRate } from './measured.ts';
import type { Found } from './search.ts';
import type { FailurePoint, HourPoint, LoadPoint, SizePoint } from './studies.ts';

export interface PlanReport {
  readonly machine: Machine;
  /** How long all of it took. */
  readonly minutes: number;
  readonly fits: readonly (Fit & {
    readonly model: string;
    readonly rates: readonly MeasuredRate[];
  })[];
  readonly found: readonly Found[];
  readonly loads: readonly LoadPoint[];
  readonly failures: readonly FailurePoint[];
  readonly day: readonly HourPoint[];
  readonly sizes: readonly SizePoint[];
}

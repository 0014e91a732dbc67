import type { LedgerReport } from './ledger.ts';

export interface ChaosOptions {
  readonly count: number;
  /** As in SLMRANK_DEVICES. */
  readonly devices: string;
  readonly out: string;
  readonly model: string;
  readonly onStep: (step: string) => void;
}

export interface ChaosResult {
  readonly ledger: LedgerReport;
  /** Time of each kill, resize, restart or swap. */
  readonly stepMs: readonly number[];
  /** Answers per second: in three seconds before, during all steps, and in three seconds after. */
  readonly ratePerSecond: {
    readonly before: number;
    readonly during: number;
    readonly after: number;
  };
  /** Whether the server drained in time at the end. */
  readonly isClean: boolean;
  /** Memory of the process of server and client after a garbage collection. `steps`: after each. */
  readonly residentMb?: {
    readonly before: number;
    readonly steps: readonly number[];
    readonly after: number;
  };
}

/** Every fault as a sentence; empty if there was none. */
export function findFaults({ ledger, isClean }: ChaosResult): readonly string[] {
  const failures = Object.entries(ledger.failed).map(([code, count]) => `${count} ended ${code}`);
  return [
    ...(ledger.lost === 0 ? [] : [`${ledger.lost} requests lost`]),
    ...(ledger.duplicated === 0 ? [] : [`${ledger.duplicated} surplus answers`]),
    ...ledger.wrong.slice(0, 5).map((problem) => `wrong answer: ${problem}`),
    ...failures,
    ...(isClean ? [] : ['the last drain did not finish in time']),
  ];
}

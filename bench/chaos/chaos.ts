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
  /** What each kill, resize, restart or swap took, in milliseconds. */
  readonly stepMs: readonly number[];
  /** Answers a second, over three seconds before and after. */
  readonly ratePerSecond: {
    readonly before: number;
    readonly during: number;
    readonly after: number;
  };
  /** Whether the server drained in time at the end. */
  readonly isClean: boolean;
  /** Of server and client, which are one process, after a collection: before, after each step, and at the end. */
  readonly residentMb?: {
    readonly before: number;
    readonly steps: readonly number[];
    readonly after: number;
  };
}

/** What went wrong; empty when nothing was lost. */
export function findFaults({ ledger, isClean }: ChaosResult): readonly string[] {
  const failures = Object.entries(ledger.failed).map(([code, count]) => `${count} ended ${code}`);
  return [
    ...(ledger.lost === 0 ? [] : [`${ledger.lost} requests lost`]),
    ...(ledger.duplicated === 0 ? [] : [`${ledger.duplicated} answers twice`]),
    ...ledger.wrong.slice(0, 5).map((problem) => `wrong answer: ${problem}`),
    ...failures,
    ...(isClean ? [] : ['the last drain was cut off']),
  ];
}

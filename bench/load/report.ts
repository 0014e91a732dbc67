import type { Machine } from '../../src/eval/measures/machine.ts';
import type { LoadOptions } from './options.ts';
import type { LoadSummary } from './summary.ts';

/** The results of a load run, which are saved as JSON. */
export interface LoadReport {
  readonly options: LoadOptions;
  readonly machine: Machine;
  readonly server: {
    readonly address: string;
    readonly model: string;
    readonly fingerprint: string;
    readonly replicas: string;
    /** Latency of one request after the load, which shows whether the server has recovered. */
    readonly afterMs: number;
  };
  readonly summary: LoadSummary;
  /** Resident memory of the server, if it was started for the run. */
  readonly memory?: { readonly startMb: number; readonly peakMb: number; readonly endMb: number };
  /** Latencies of the answers with OK. */
  readonly latenciesMs: readonly number[];
}

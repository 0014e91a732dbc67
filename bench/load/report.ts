import type { Machine } from '../machine.ts';
import type { LoadOptions } from './options.ts';
import type { LoadSummary } from './summary.ts';

/** What a load run found; saved as JSON. */
export interface LoadReport {
  readonly options: LoadOptions;
  readonly machine: Machine;
  readonly server: {
    readonly address: string;
    readonly model: string;
    readonly fingerprint: string;
    readonly replicas: string;
    /** One request when the load was over: is the server itself again? */
    readonly afterMs: number;
  };
  readonly summary: LoadSummary;
  /** Resident memory of the server, when it was started for the run. */
  readonly memory?: { readonly startMb: number; readonly peakMb: number; readonly endMb: number };
  /** Of the answers with OK. */
  readonly latenciesMs: readonly number[];
}

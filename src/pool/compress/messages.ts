/** The messages between the main thread and the thread of workers/compress.ts. */
import type { MessagePort } from 'node:worker_threads';
import type { EncodedRequest } from '../../batch/packed-batch.ts';
import type { Budget, CompressedText, SourceText } from '../../compress/compressor.ts';
import type { Effort } from '../../compress/search/effort.ts';
import type { EncodeLimits } from '../../encode/encode.ts';
import type { Manifest } from '../../model/manifest.ts';

/** Which compressors an item store uses. */
export interface CompressPlan {
  /** What finished summaries are made by; `none` for items that are ranked by their whole texts. */
  readonly method: 'search' | 'phrases' | 'none';
  readonly effort: Effort;
  readonly budget: Budget;
  /** Files: the words of a domain, and the queries that a search asks. */
  readonly background: string;
  readonly probes: string;
}

/** `workerData` of workers/compress.ts. */
export interface CompressWorkerData {
  readonly modelDir: string;
  readonly manifest: Manifest;
  readonly limits: EncodeLimits;
  readonly plan: CompressPlan;
}

export type CompressMessage =
  | { readonly kind: 'describe' }
  /** Makes a summary without the ranker. */
  | { readonly kind: 'phrases'; readonly source: SourceText }
  /** The port asks the ranker: `AskedScores` out, `GivenScores` in, in turns. */
  | { readonly kind: 'search'; readonly source: SourceText; readonly port: MessagePort }
  | { readonly kind: 'encode'; readonly source: SourceText };

/** Rows of one prefix each. */
export type AskedScores = readonly EncodedRequest[];
/** Margins logit(yes) - logit(no) of each request's candidates. */
export type GivenScores = readonly Float64Array[];

export interface MakerName {
  readonly method: string;
  readonly version: string;
}

/** A summary, and the token ids of the candidate that title and summary make. */
export interface MadeSummary extends CompressedText {
  readonly ids: Int32Array;
}

export type CompressReply =
  | {
      readonly kind: 'described';
      readonly phrases: MakerName;
      /** Undefined unless the plan's method is `search`. */
      readonly search: MakerName | undefined;
    }
  | { readonly kind: 'made'; readonly made: MadeSummary }
  | { readonly kind: 'encoded'; readonly ids: Int32Array }
  | { readonly kind: 'failed'; readonly message: string };

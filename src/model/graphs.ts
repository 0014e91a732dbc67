import { type LayoutPlan, layoutNames } from '../batch/layouts/layout.ts';
import { RankError } from '../base/errors.ts';
import type { JsonRecord } from '../base/files/json-record.ts';
import { type FileEntry, parseFile } from './file-entry.ts';

/** The graphs of a built model. All of them read the same weights. */

/** A graph, and the layout of the batches that it reads. */
export interface GraphFile extends FileEntry, LayoutPlan {}

/** A provider's graphs by what they are for. */
export interface ProviderGraphs {
  /** From a batch to the logits of its candidates. */
  readonly score: GraphFile;
}

export interface ModelGraphs {
  readonly cpu: ProviderGraphs;
  /** Undefined if the model is not built for CUDA. */
  readonly cuda?: ProviderGraphs | undefined;
}

export type Provider = keyof ModelGraphs;

/** Every graph file, once, the CPU's first: two providers may share one. */
export function graphFiles({ cpu, cuda }: ModelGraphs): readonly GraphFile[] {
  const all = [cpu, ...(cuda === undefined ? [] : [cuda])].flatMap(({ score }) => [score]);
  return [...new Map(all.map((graph) => [graph.file, graph])).values()];
}

/**
 * The graph that scores on a provider; its layout is the layout of the provider's batches.
 *
 * @throws RankError `invalid-argument` if the model has none: CUDA has no kernels for int8,
 * whose products ONNX Runtime would copy to the CPU and back.
 */
export function scoreGraph(
  { name, precision, graphs }: { name: string; precision: string; graphs: ModelGraphs },
  provider: Provider,
): GraphFile {
  const found = graphs[provider];
  if (found === undefined) {
    throw new RankError(
      'invalid-argument',
      `${name} is built in ${precision}, for CPUs; ` +
        'slmrank model build --precision fp16 builds it for CUDA',
    );
  }
  return found.score;
}

/** Reads the graphs of a manifest. @throws RankError naming field, found and allowed. */
export function parseGraphs(json: JsonRecord): ModelGraphs {
  if (!json.has('graphs')) {
    json.refuse(
      "'graphs' is missing: the model was built by an earlier version of slmrank; build it again " +
        '(slmrank model build)',
    );
  }
  const graphs = json.record('graphs');
  return {
    cpu: parseProvider(graphs.record('cpu')),
    ...(graphs.has('cuda') && { cuda: parseProvider(graphs.record('cuda')) }),
  };
}

function parseProvider(json: JsonRecord): ProviderGraphs {
  const score = json.record('score');
  return {
    score: {
      layout: score.oneOf('layout', layoutNames),
      attentionGroups: score.count('attentionGroups', { min: 1, max: 16 }),
      ...parseFile(score),
    },
  };
}

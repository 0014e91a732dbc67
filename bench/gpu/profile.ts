/** An event of ONNX Runtime's profile, as far as it is read. */
export interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

export interface OperatorTime {
  readonly operator: string;
  /** CPU or CUDA. */
  readonly provider: string;
  /** Nodes of one run. */
  readonly nodes: number;
  /** Of one run. */
  readonly ms: number;
}

/** Time by operator and provider, the slowest first, as the mean of all runs but the first. */
export function sumOperators(
  events: readonly ProfileEvent[],
  runs: number,
): readonly OperatorTime[] {
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  const counted = nodes.slice(Math.round(nodes.length / runs));
  const sums = new Map<string, { nodes: number; us: number }>();
  for (const { args, dur } of counted) {
    const on = (args?.provider ?? '').replace('ExecutionProvider', '');
    const key = `${args?.op_name ?? ''} ${on}`;
    const sum = sums.get(key) ?? { nodes: 0, us: 0 };
    sums.set(key, { nodes: sum.nodes + 1, us: sum.us + dur });
  }
  return [...sums]
    .map(([key, sum]) => {
      const [operator = '', provider = ''] = key.split(' ');
      return {
        operator,
        provider,
        nodes: Math.round(sum.nodes / (runs - 1)),
        ms: sum.us / (runs - 1) / 1000,
      };
    })
    .toSorted((a, b) => b.ms - a.ms);
}

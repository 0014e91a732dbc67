import type { MeasuredSpeed } from './measure-speed.ts';
import type { BuiltModel } from './pair-scorer.ts';
import type { ParetoData } from './pareto-data.ts';
import type { Plan, Row } from './plan.ts';
import { compareQualities, type QueryQualities, summarizeKinds } from './quality.ts';
import type { BudgetReport, RowReport } from './report.ts';
import { type Speed, speedKey, summarizeSpeed } from './speed.ts';
import { type ByView, valueAt, type Variant } from './views.ts';

/** By row name. */
export type Qualities = ReadonlyMap<string, ByView<QueryQualities>>;

export interface Found {
  readonly plan: Plan;
  readonly data: ParetoData;
  readonly models: ReadonlyMap<string, BuiltModel>;
  readonly qualities: Qualities;
  readonly speed: MeasuredSpeed | undefined;
  readonly candidateTokens: readonly number[];
}

export function describeRow(row: Row, found: Found): RowReport {
  const model = found.models.get(row.name)?.manifest;
  return {
    name: row.name,
    kind: row.kind,
    notes: row.notes,
    parameters: row.kind === 'run' ? row.parameters : model?.parameters,
    bytes:
      row.kind === 'run'
        ? row.bytes
        : model && model.graph.bytes + model.weights.bytes + model.tokenizer.bytes,
    precision: model?.precision,
    fingerprint: model?.fingerprint,
    budgets: found.candidateTokens.map((tokens) => describeBudget(row, tokens, found)),
  };
}

function describeBudget(row: Row, candidateTokens: number, found: Found): BudgetReport {
  const { plan, data, qualities } = found;
  // The row it was to be compared with may have been left out.
  const named = row.kind === 'model' ? row.against : plan.reference;
  const against = qualities.has(named) ? named : plan.reference;
  const perVariant = <T>(of: (variant: Variant) => T): Record<Variant, T> => ({
    titles: of('titles'),
    'no-titles': of('no-titles'),
  });
  const at = (name: string, variant: Variant) =>
    valueAt(known(qualities, name), { candidateTokens, variant });
  return {
    candidateTokens,
    quality: perVariant((variant) => summarizeKinds(at(row.name, variant), data.queries)),
    difference:
      against === row.name
        ? undefined
        : perVariant((variant) =>
            compareQualities(at(row.name, variant), at(against, variant), against),
          ),
    speed: row.kind === 'run' ? undefined : describeSpeed(row.name, candidateTokens, found),
  };
}

/** Against the plan's reference at the same budget. */
function describeSpeed(
  name: string,
  candidateTokens: number,
  { plan, speed }: Found,
): Speed | undefined {
  return (
    speed &&
    summarizeSpeed(speed.rounds, speedKey({ name, candidateTokens }), {
      reference: speedKey({ name: plan.reference, candidateTokens }),
      candidates: speed.candidates,
    })
  );
}

function known<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) {
    throw new RangeError(`row '${name}' was not measured; this is a bug`);
  }
  return value;
}

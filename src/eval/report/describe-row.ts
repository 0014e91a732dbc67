import { listFiles } from '../../model/model-files.ts';
import type { ParetoData } from './input/data.ts';
import type { Plan, Row } from './input/plan.ts';
import { type ByView, valueAt, type Variant } from './input/views.ts';
import type { BudgetReport, RowReport } from './report.ts';
import { compareQualities, type QueryQualities, summarizeKinds } from './scores/quality.ts';
import type { BuiltModel } from './scores/scorers.ts';
import { type MeasuredSpeed, type Speed, speedKey, summarizeSpeed } from './scores/speed.ts';

/** By row name. */
export type Qualities = ReadonlyMap<string, ByView<QueryQualities>>;

/** The measurements that the rows are described from. */
export interface Measurements {
  readonly plan: Plan;
  readonly data: ParetoData;
  readonly models: ReadonlyMap<string, BuiltModel>;
  readonly qualities: Qualities;
  readonly speed: MeasuredSpeed | undefined;
  readonly candidateTokens: readonly number[];
}

export function describeRow(row: Row, found: Measurements): RowReport {
  const model = found.models.get(row.name)?.manifest;
  return {
    name: row.name,
    kind: row.kind,
    notes: row.notes,
    parameters: row.kind === 'run' ? row.parameters : model?.parameters,
    bytes:
      row.kind === 'run'
        ? row.bytes
        : model && listFiles(model).reduce((sum, { entry }) => sum + entry.bytes, 0),
    precision: model?.precision,
    fingerprint: model?.fingerprint,
    budgets: found.candidateTokens.map((tokens) => describeBudget(row, tokens, found)),
  };
}

function describeBudget(row: Row, candidateTokens: number, found: Measurements): BudgetReport {
  const { plan, data, qualities } = found;
  // The row that the plan compares this one with may have been left out.
  const named = row.kind === 'model' ? row.against : plan.reference;
  const against = qualities.has(named) ? named : plan.reference;
  const perVariant = <T>(of: (variant: Variant) => T): Record<Variant, T> => ({
    titles: of('titles'),
    'no-titles': of('no-titles'),
  });
  const qualityOf = (name: string, variant: Variant) =>
    valueAt(known(qualities, name), { candidateTokens, variant });
  return {
    candidateTokens,
    quality: perVariant((variant) => summarizeKinds(qualityOf(row.name, variant), data.queries)),
    difference:
      against === row.name
        ? undefined
        : perVariant((variant) =>
            compareQualities(qualityOf(row.name, variant), qualityOf(against, variant), against),
          ),
    speed: row.kind === 'run' ? undefined : describeSpeed(row.name, candidateTokens, found),
  };
}

/** Compared with the plan's reference at the same budget. */
function describeSpeed(
  name: string,
  candidateTokens: number,
  { plan, speed }: Measurements,
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
    throw new RangeError(`this is a bug: row '${name}' was not measured`);
  }
  return value;
}

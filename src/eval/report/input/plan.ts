import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RankError } from '../../../base/errors.ts';
import { JsonRecord } from '../../../base/files/json-record.ts';
import { type Precision, precisions } from '../../../model/manifest.ts';
import type { Variant, View } from './views.ts';

/** An order that another program computed: the first stage, or a baseline. */
export interface RunRow {
  readonly kind: 'run';
  readonly name: string;
  readonly notes: string;
  /**
   * The run file of each variant, with the same candidates; `undefined` means the first stage's own
   * order. `{tokens}` in a file name is replaced by the text budget, so that each has its file.
   */
  readonly runs: Readonly<Record<Variant, string | undefined>>;
  /** Undefined for methods without parameters, such as BM25. */
  readonly parameters: number | undefined;
  readonly bytes: number | undefined;
}

export interface CheckpointBuild {
  readonly precision: Precision;
  /** Template, labels and all other settings are read from `models/recipes/RECIPE.json`. */
  readonly recipe: string;
  /** The folder of an adapter that is merged into the checkpoint. */
  readonly adapter: string | undefined;
}

/** A built model, or a checkpoint that the report builds first. */
export interface ModelRow {
  readonly kind: 'model';
  readonly name: string;
  readonly notes: string;
  readonly path: string;
  /** Undefined for a built model. */
  readonly build: CheckpointBuild | undefined;
  /** The row that this one is compared with; the plan's reference by default. */
  readonly against: string;
}

export type Row = RunRow | ModelRow;

export interface Plan {
  /** The model that speed and quality are compared with. */
  readonly reference: string;
  readonly rows: readonly Row[];
}

/** The run file for a view; undefined for the first stage's own order. */
export function runFile({ runs }: RunRow, { candidateTokens, variant }: View): string | undefined {
  return runs[variant]?.replaceAll('{tokens}', String(candidateTokens));
}

/**
 * Paths of run files are relative to the plan's own folder, paths of models to `models`.
 *
 * @throws RankError that names the field, its value and the allowed values.
 */
export async function readPlan(file: string, models: string): Promise<Plan> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RankError('not-found', `the plan ${file} cannot be read`, { cause });
  });
  return parsePlan(JsonRecord.parse(text, file), { runs: dirname(file), models });
}

interface Folders {
  readonly runs: string;
  readonly models: string;
}

export function parsePlan(json: JsonRecord, folders: Folders): Plan {
  const reference = json.text('reference');
  const rows = json.records('rows').map((row) => parseRow(row, reference, folders));
  const names = rows.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    json.refuse(`two rows are named '${repeated}'; names must be unique`);
  }
  const withComma = names.find((name) => name.includes(','));
  if (withComma !== undefined) {
    json.refuse(
      `a row is named '${withComma}'; a name must not contain a comma, which separates names in --only`,
    );
  }
  const models = rows.filter((row) => row.kind === 'model').map(({ name }) => name);
  for (const name of [reference, ...rows.flatMap((row) => againstOf(row))]) {
    if (!models.includes(name)) {
      json.refuse(
        `a row is compared with '${name}'; it must be one of the models ${models.join(', ')}`,
      );
    }
  }
  return { reference, rows };
}

/**
 * The named rows, the rows that they are compared with, and the reference, in the plan's order.
 *
 * @throws RankError when the plan has no row of a name.
 */
export function chooseRows(plan: Plan, only: readonly string[] | undefined): readonly Row[] {
  if (only === undefined) {
    return plan.rows;
  }
  const names = plan.rows.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RankError('invalid-argument', `no row '${unknown}'; there are ${names.join(', ')}`);
  }
  const chosen = plan.rows.filter(({ name }) => only.includes(name));
  const wanted = new Set([plan.reference, ...only, ...chosen.flatMap((row) => againstOf(row))]);
  return plan.rows.filter(({ name }) => wanted.has(name));
}

function againstOf(row: Row): readonly string[] {
  return row.kind === 'model' ? [row.against] : [];
}

function parseRow(json: JsonRecord, reference: string, folders: Folders): Row {
  const kind = json.oneOf('kind', ['run', 'model']);
  const common = {
    name: json.text('name', /^[^\n]{1,60}$/, '1 to 60 characters'),
    notes: json.has('notes') ? json.text('notes') : '',
  };
  if (kind === 'model') {
    return {
      kind,
      ...common,
      path: resolve(folders.models, json.text('path')),
      build: json.has('build') ? parseBuild(json.record('build'), folders) : undefined,
      against: json.has('against') ? json.text('against') : reference,
    };
  }
  const runs = json.record('runs');
  const pathOf = (name: Variant) =>
    runs.text(name) === 'first-stage' ? undefined : resolve(folders.runs, runs.text(name));
  return {
    kind,
    ...common,
    runs: { titles: pathOf('titles'), 'no-titles': pathOf('no-titles') },
    parameters: json.has('parameters') ? json.count('parameters') : undefined,
    bytes: json.has('bytes') ? json.count('bytes') : undefined,
  };
}

function parseBuild(json: JsonRecord, { models }: Folders): CheckpointBuild {
  return {
    precision: json.oneOf('precision', precisions),
    recipe: json.text('recipe'),
    adapter: json.has('adapter') ? resolve(models, json.text('adapter')) : undefined,
  };
}

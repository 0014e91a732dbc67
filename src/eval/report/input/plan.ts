import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RankError } from '../../src/base/errors.ts';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import { type Precision, precisions } from '../../src/model/manifest.ts';
import type { Variant, View } from './views.ts';

/** An order made elsewhere: by the first stage, or by a baseline. */
export interface RunRow {
  readonly kind: 'run';
  readonly name: string;
  readonly notes: string;
  /**
   * A run of the same candidates by variant; `undefined` stands for the first stage's own order. In a file's name,
   * `{tokens}` stands for the view's number of tokens: one file for each.
   */
  readonly runs: Readonly<Record<Variant, string | undefined>>;
  /** Undefined where the word has no meaning, as for BM25. */
  readonly parameters: number | undefined;
  readonly bytes: number | undefined;
}

export interface CheckpointBuild {
  readonly precision: Precision;
  /** How texts are rendered (template, labels and what else it says) is as in `models/recipes/RECIPE.json`. */
  readonly recipe: string;
  /** A folder with an adapter that is merged in. */
  readonly adapter: string | undefined;
}

/** A model: a built folder, or a checkpoint that is built on the way. */
export interface ModelRow {
  readonly kind: 'model';
  readonly name: string;
  readonly notes: string;
  readonly path: string;
  /** Undefined for a built folder. */
  readonly build: CheckpointBuild | undefined;
  /** The row its differences are taken to; the plan's reference when the plan names none. */
  readonly against: string;
}

export type Row = RunRow | ModelRow;

export interface Plan {
  /** The model that speed and quality are held against. */
  readonly reference: string;
  readonly rows: readonly Row[];
}

/** The file of a run's order; undefined for the first stage's own order. */
export function runFile({ runs }: RunRow, { candidateTokens, variant }: View): string | undefined {
  return runs[variant]?.replaceAll('{tokens}', String(candidateTokens));
}

/** Run files stand by the plan's own folder, models by `models`. @throws RankError naming field, found and allowed. */
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
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    json.refuse(`two rows are named '${twice}'; each name may stand once`);
  }
  const odd = names.find((name) => name.includes(','));
  if (odd !== undefined) {
    json.refuse(
      `a row is named '${odd}'; a name has no comma, which stands between those of --only`,
    );
  }
  const models = rows.filter((row) => row.kind === 'model').map(({ name }) => name);
  for (const name of [reference, ...rows.flatMap((row) => againstOf(row))]) {
    if (!models.includes(name)) {
      json.refuse(`'${name}' is compared with; it must be a model among ${models.join(', ')}`);
    }
  }
  return { reference, rows };
}

/** The rows that are asked for, those they are compared with, and the reference, in the plan's order. */
export function chooseRows(plan: Plan, only: readonly string[] | undefined): readonly Row[] {
  if (only === undefined) {
    return plan.rows;
  }
  const names = plan.rows.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RankError('invalid-argument', `no row '${unknown}'; there are ${names.join(', ')}`);
  }
  const asked = plan.rows.filter(({ name }) => only.includes(name));
  const wanted = new Set([plan.reference, ...only, ...asked.flatMap((row) => againstOf(row))]);
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
      ...{ kind, ...common },
      path: resolve(folders.models, json.text('path')),
      build: json.has('build') ? parseBuild(json.record('build'), folders) : undefined,
      against: json.has('against') ? json.text('against') : reference,
    };
  }
  const runs = json.record('runs');
  const pathOf = (name: Variant) =>
    runs.text(name) === 'first-stage' ? undefined : resolve(folders.runs, runs.text(name));
  return {
    ...{ kind, ...common },
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

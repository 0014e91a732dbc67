import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { chartFolder } from '../../bench/chart/render.ts';
import { settings } from '../../src/config/config-settings.ts';
import { variableOf } from '../../src/config/setting.ts';

type Tree = Readonly<Record<string, unknown>>;

const read = (file: string) => readFileSync(join(chartFolder, file), 'utf8');
const values = parse(read('values.yaml')) as Tree;
const schema = JSON.parse(read('values.schema.json')) as Schema;
const variables = Object.keys(settings).map(variableOf);

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Tree;
  readonly additionalProperties?: unknown;
}

/** Names such as `shutdown.drainMs`, down to where the schema lists no names. */
function namesOf(tree: Tree, { properties = {} }: Schema, path = ''): string[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const inner = properties[name];
    return inner?.properties !== undefined && inner.additionalProperties === false
      ? namesOf(value as Tree, inner, `${path}${name}.`)
      : [`${path}${name}`];
  });
}

function schemaNames({ properties = {} }: Schema, path = ''): string[] {
  return Object.entries(properties).flatMap(([name, inner]) =>
    inner.properties !== undefined && inner.additionalProperties === false
      ? schemaNames(inner, `${path}${name}.`)
      : [`${path}${name}`],
  );
}

test('the schema knows every value of values.yaml, and no others', () => {
  const known = schemaNames(schema).filter((name) => name !== 'global');
  expect(known.length).toBeGreaterThan(50);
  expect(namesOf(values, schema).sort()).toEqual(known.sort());
});

test('the chart has the version of the server', () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const chart = parse(read('Chart.yaml')) as { version: string; appVersion: string };
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
});

test('the alert rules of the chart are those of deploy/prometheus', () => {
  // To fix it: npm run generate
  expect(read('files/rules.yml')).toBe(
    readFileSync(join(chartFolder, '../../prometheus/rules.yml'), 'utf8'),
  );
});

test('settings and settings from secrets take every variable of the server', () => {
  const { settings: plain, secretSettings } = schema.properties ?? {};
  const pattern = Object.keys(plain?.patternProperties ?? {}).map((text) => new RegExp(text));
  expect(pattern).toHaveLength(1);
  expect(secretSettings).toEqual({ $ref: '#/definitions/fromSecrets' });
  expect(variables.filter((name) => pattern[0]?.test(name) !== true)).toEqual([]);
  expect(pattern[0]?.test('OTEL_SERVICE_NAME')).toBe(false);
});

test('each setting that has a value of its own in the chart is one of the server', () => {
  const [, owned = ''] =
    /define "slmrank.owned" -\}\}\n([^]*?)\{\{/.exec(read('templates/_settings.tpl')) ?? [];
  const names = Object.keys(parse(owned) as Tree);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !variables.includes(name))).toEqual([]);
});

test('the drain takes as long as it does without the chart', () => {
  const { drainMs } = values['shutdown'] as { drainMs: number };
  expect(String(drainMs)).toBe(settings.drainMs.byDefault({ cores: 4, devices: [] }));
});

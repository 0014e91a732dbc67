import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import type { MetricSpec } from '../src/observe/metrics/metric-spec.ts';
import { aliasMetrics } from '../src/observe/metrics/alias-metrics.ts';
import { metricTable } from '../src/observe/metrics/metric-table.ts';

type Json = Readonly<Record<string, unknown>>;

const folder = new URL('../deploy/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');

const dashboardText = read('grafana/dashboards/slmrank.json');
const dashboard = JSON.parse(dashboardText) as {
  panels: {
    id: number;
    type: string;
    title: string;
    gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
  }[];
};
const rules = parse(read('prometheus/rules.yml')) as {
  groups: { rules: { alert: string; expr: string; annotations: Json; labels: Json }[] }[];
};
const alerts = rules.groups.flatMap((group) => group.rules);

/** Each name that an exposition has, with the label names that select on it. */
const series = new Map<string, readonly string[]>(
  Object.entries<MetricSpec>(metricTable).flatMap(([name, { type, labels }]) => {
    const names = Object.keys(labels);
    return type === 'histogram'
      ? [
          [`${name}_bucket`, [...names, 'le']],
          [`${name}_sum`, names],
          [`${name}_count`, names],
        ]
      : [[name, names]];
  }),
);

/** What a scrape adds. */
const scraped = ['instance', 'job'];

function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' ? [String(inner)] : expressionsIn(inner),
  );
}

/** [metric, the label names in its braces] for each of ours in an expression. */
function selectorsIn(expression: string): (readonly [string, readonly string[]])[] {
  const found = expression.matchAll(/\b(slmrank_\w+)(?:\{([^}]*)\})?/g);
  return [...found].map(([, metric = '', braces = '']) => [
    metric,
    [...braces.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
  ]);
}

describe.each([
  ['the dashboard', expressionsIn(dashboard)],
  ['the alert rules', alerts.map(({ expr }) => expr)],
])('%s', (_, expressions) => {
  test('asks only for metrics that the server has, by labels that they have', () => {
    const selectors = expressions.flatMap(selectorsIn);
    expect(selectors.length).toBeGreaterThan(10);
    const wrong = selectors.flatMap(([metric, labels]) => {
      const known = series.get(metric);
      return known === undefined
        ? [metric]
        : labels
            .filter((label) => ![...known, ...scraped].includes(label))
            .map((label) => `${metric}{${label}}`);
    });
    expect(wrong).toEqual([]);
  });

  test('takes rates of counters and histograms only', () => {
    const rated = expressions.flatMap((expression) =>
      [...expression.matchAll(/\b(?:rate|increase)\((slmrank_\w+)/g)].map(([, name = '']) => name),
    );
    expect(rated.length).toBeGreaterThan(5);
    expect(rated.filter((name) => !/_(total|bucket|sum|count)$/.test(name))).toEqual([]);
  });

  test('closes every parenthesis that it opens', () => {
    const open = expressions.filter(
      (expression) => expression.split('(').length !== expression.split(')').length,
    );
    expect(open).toEqual([]);
  });
});

describe('the dashboard', () => {
  test('shows every metric of the table, aliases aside', () => {
    const silent = Object.keys(metricTable).filter(
      (name) => !(name in aliasMetrics) && !dashboardText.includes(name),
    );
    expect(silent).toEqual([]);
  });

  test('has panels of one id each that neither overlap nor leave the grid', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, x < 24, taken.has(`${x},${y}`)]).toEqual([title, true, false]);
          taken.add(`${x},${y}`);
        }
      }
    }
  });
});

test('every alert says what is wrong, what to do, and how bad it is', () => {
  expect(alerts.length).toBeGreaterThanOrEqual(8);
  for (const { alert, annotations, labels } of alerts) {
    expect([alert, typeof annotations['summary'], typeof annotations['runbook']]).toEqual([
      alert,
      'string',
      'string',
    ]);
    expect(['critical', 'warning', 'info']).toContain(labels['severity']);
  }
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
});

describe('the YAML files', () => {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => /\.ya?ml$/.test(file) && !file.startsWith('helm/slmrank/templates/'));

  test.each(files)('%s parses without errors and warnings', (file) => {
    const documents = parseAllDocuments(read(file));
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) {
      expect([...document.errors, ...document.warnings]).toEqual([]);
    }
  });

  test('docker-compose.yml parses; its profile mounts what is there', () => {
    const compose = parse(readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8'), {
      merge: true,
    }) as { services: Record<string, { profiles?: string[]; volumes?: string[] }> };
    const observed = Object.entries(compose.services).filter(([, { profiles }]) =>
      profiles?.includes('observe'),
    );
    expect(observed.map(([name]) => name).sort()).toEqual(['grafana', 'prometheus']);
    const mounted = observed.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0]),
    );
    expect(mounted).toHaveLength(3);
    mounted.forEach((path = '') => {
      expect(readdirSync(new URL(`../${path}`, import.meta.url)).length).toBeGreaterThan(0);
    });
  });
});

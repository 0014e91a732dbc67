import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Query {
  /** The panel's title or the alert's name. */
  readonly place: string;
  readonly expression: string;
  /** Whether no data is good news: alerts, and panels of faults. */
  readonly mayBeEmpty: boolean;
}

interface Board {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

/** A panel that leaves out zeros shows only what goes wrong. */
const onlyFaults = /> 0$/;

/** Every query of the board and of the alert rules in deploy/, with the board's variables set. */
export async function queriesOf(deploy: string): Promise<readonly Query[]> {
  const read = (...path: string[]) => readFile(join(deploy, ...path), 'utf8');
  const { panels } = JSON.parse(await read('grafana', 'dashboards', 'slmrank.json')) as Board;
  const { groups } = parse(await read('prometheus', 'rules.yml')) as Rules;
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        place: `panel '${title}'`,
        expression: setVariables(expr),
        mayBeEmpty: onlyFaults.test(expr),
      })),
    ),
    ...groups.flatMap(({ rules }) =>
      rules.map(({ alert, expr }) => ({
        place: `alert ${alert}`,
        expression: expr,
        mayBeEmpty: true,
      })),
    ),
  ];
}

/** As Grafana sets them: all servers, and a window of some scrapes. */
function setVariables(expression: string): string {
  return expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '15s');
}

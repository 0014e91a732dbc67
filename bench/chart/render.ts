import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { runTool } from './tools.ts';

export const chartFolder = projectFolder('deploy/helm/slmrank');
export const rendersFolder = projectFolder('deploy/kubernetes');

/** The names of the values files in ci/; each has a render in deploy/kubernetes. */
export function caseNames(): readonly string[] {
  return readdirSync(join(chartFolder, 'ci')).map((file) => file.replace(/\.yaml$/, ''));
}

const newest = '1.36.0';

export interface Rendering {
  /** A case of ci/; none for the chart's own values. */
  readonly name?: string;
  /** What follows --set, such as `device=cuda`. */
  readonly set?: readonly string[];
  /** Of Kubernetes; the newest that is checked, if absent. */
  readonly version?: string;
}

/** The manifests of release `slmrank`, namespace `ranking`. @throws Error with helm's message. */
export function renderChart(helm: string, { version = newest, ...rest }: Rendering): string {
  const release = ['template', 'slmrank', chartFolder, '--namespace', 'ranking'];
  return runTool(helm, [...release, '--kube-version', version, ...valuesOf(rest)]);
}

/** @throws Error with every fault, warnings included. */
export function lintChart(helm: string, { version = newest, ...rest }: Rendering): void {
  runTool(helm, ['lint', '--strict', chartFolder, '--kube-version', version, ...valuesOf(rest)]);
}

/** A render as it is committed. */
export function withHeader(name: string, manifests: string): string {
  return [
    `# The Helm chart with ci/${name}.yaml, for those who do without Helm: kubectl -n ranking apply -f ${name}.yaml`,
    '# Made by `npm run check:chart -- --write`; change deploy/helm/slmrank instead.',
    manifests,
  ].join('\n');
}

function valuesOf({ name, set = [] }: Rendering): readonly string[] {
  const file = name === undefined ? [] : ['--values', join(chartFolder, 'ci', `${name}.yaml`)];
  return [...file, ...set.flatMap((each) => ['--set', each])];
}

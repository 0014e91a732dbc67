import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';
import { breakEach, wrongField } from './broken.ts';
import { caseNames, lintChart, renderChart, rendersFolder, withHeader } from './render.ts';
import { kubernetesVersions, schemaFile, writeSchemas } from './schemas.ts';
import { needTools, runTool } from './tools.ts';

const usage = `Usage: npm run check:chart [-- --write]

Checks the Helm chart (deploy/helm/slmrank) with every values file of its folder ci/: helm lint --strict,
then the manifests against the schemas of Kubernetes ${kubernetesVersions.join(', ')}, KEDA and the Prometheus operator,
where unknown fields are faults; manifests with a wrong field must be refused.
The schemas come from Go modules. It also compares the manifests with those in deploy/kubernetes.

It does not use a cluster: whether pods start, drain, scale and are let through is not checked, and
neither are the rules that Kubernetes checks beyond its schemas.

Needs go, helm and kubeconform; it says how to install the last two.

  --write  writes the manifests to deploy/kubernetes, instead of comparing them
`;

const { write } = parseOnlyOptions(process.argv.slice(2), usage, {
  write: { type: 'boolean', default: false },
});

function main(): number {
  const { helm, kubeconform } = needTools();
  const schemas = mkdtempSync(join(tmpdir(), 'slmrank-chart-'));
  try {
    writeSchemas(schemas);
    const check = (manifests: string, version: string) =>
      checkManifests(kubeconform, join(schemas, schemaFile), { manifests, version });
    return caseNames().flatMap((name) => checkCase(helm, name, check)).length === 0 ? 0 : 1;
  } finally {
    rmSync(schemas, { recursive: true });
  }
}

type Check = (manifests: string, version: string) => readonly Verdict[];

/** Returns the faults, which it has printed. */
function checkCase(helm: string, name: string, check: Check): readonly string[] {
  lintChart(helm, { name });
  const faults = kubernetesVersions.flatMap((version) => {
    const manifests = renderChart(helm, { name, version });
    const verdicts = check(manifests, version);
    const broken = check(breakEach(manifests), version);
    const missed = broken.filter(({ message }) => !message.includes(`'${wrongField}' not allowed`));
    const wrong = verdicts.filter(({ isValid }) => !isValid);
    const [count, breaks] = [verdicts.length, broken.length];
    console.log(
      `${name.padEnd(16)} Kubernetes ${version}: ${count - wrong.length} of ${count} manifests fit, ` +
        `${breaks - missed.length} of ${breaks} with a wrong field refused`,
    );
    return [
      ...wrong.map(({ kind, message }) => `${name}, ${version}, ${kind}: ${message}`),
      ...missed.map(({ kind }) => `${name}, ${version}, ${kind}: a wrong field was not refused`),
      ...(breaks === count ? [] : [`${name}, ${version}: only ${breaks} of ${count} were broken`]),
    ];
  });
  const stale = settleRender(helm, name);
  const all = [...faults, ...stale];
  all.forEach((fault) => console.error(fault));
  return all;
}

/** Writes the committed render, or compares it. */
function settleRender(helm: string, name: string): readonly string[] {
  const file = join(rendersFolder, `${name}.yaml`);
  const render = withHeader(name, renderChart(helm, { name }));
  if (write) {
    writeFileSync(file, render);
    return [];
  }
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === render;
  const fault = `deploy/kubernetes/${name}.yaml is not what the chart makes`;
  return isCurrent ? [] : [`${fault}; npm run check:chart -- --write`];
}

interface Verdict {
  readonly kind: string;
  readonly isValid: boolean;
  readonly message: string;
}

/** One verdict for each manifest. */
function checkManifests(
  kubeconform: string,
  schemaLocation: string,
  { manifests, version }: { readonly manifests: string; readonly version: string },
): readonly Verdict[] {
  const args = ['-strict', '-verbose', '-output', 'json', '-kubernetes-version', version];
  const output = runTool(kubeconform, [...args, '-schema-location', schemaLocation], {
    input: manifests,
    mayFail: true,
  });
  const { resources } = JSON.parse(output) as {
    readonly resources: readonly { kind: string; status: string; msg?: string }[];
  };
  return resources.map(({ kind, status, msg = '' }) => ({
    kind,
    isValid: status === 'statusValid',
    message: msg,
  }));
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`check:chart: ${messageOf(error)}`);
  process.exitCode = 1;
}

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Schema, strictDefinition, strictSchema } from './strict-schema.ts';

/** The versions of Kubernetes that the manifests are checked against. */
export const kubernetesVersions = ['1.32.0', '1.34.0', '1.36.0'] as const;

/** Kubernetes' own kinds in the chart. Any other kind fails the check for want of a schema. */
const builtInKinds = [
  'io.k8s.api.apps.v1.Deployment',
  'io.k8s.api.apps.v1.StatefulSet',
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'io.k8s.api.core.v1.Service',
  'io.k8s.api.core.v1.ServiceAccount',
  'io.k8s.api.networking.v1.NetworkPolicy',
  'io.k8s.api.policy.v1.PodDisruptionBudget',
] as const;

/** Custom resources of the chart: a Go module, and the definition's file in it. */
const customResources = [
  ['github.com/kedacore/keda/v2@v2.21.0', 'config/crd/bases/keda.sh_scaledobjects.yaml'],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
] as const;

/** What kubeconform fills in: a version of Kubernetes, and apiVersion and kind of a manifest. */
export const schemaFile =
  '{{.NormalizedKubernetesVersion}}/{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json';

interface OpenApi {
  readonly definitions: Readonly<Record<string, Schema>>;
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Writes the schemas of all versions into a folder, from Go modules. @throws Error of `go`. */
export function writeSchemas(folder: string): void {
  const custom = readCustomSchemas();
  for (const version of kubernetesVersions) {
    const home = join(folder, `v${version}`);
    mkdirSync(home, { recursive: true });
    const path = join(
      moduleFolder(`k8s.io/kubernetes@v${version}`),
      'api/openapi-spec/swagger.json',
    );
    const { definitions } = JSON.parse(readFileSync(path, 'utf8')) as OpenApi;
    const builtIn = builtInKinds.flatMap((name) => {
      const kinds = definitions[name]?.['x-kubernetes-group-version-kind'] as GroupVersionKind[];
      return kinds.map((kind) => [kind, strictDefinition(definitions, name)] as const);
    });
    for (const [kind, schema] of [...builtIn, ...custom]) {
      writeFileSync(join(home, fileOf(kind)), JSON.stringify(schema));
    }
  }
}

/** kubeconform takes `v1` for the group of the core's kinds. */
function fileOf({ group, version, kind }: GroupVersionKind): string {
  return `${group === '' ? version : group}_${version}_${kind.toLowerCase()}.json`;
}

function readCustomSchemas(): (readonly [GroupVersionKind, Schema])[] {
  return customResources.flatMap(([module, file]) => {
    const { spec } = parse(readFileSync(join(moduleFolder(module), file), 'utf8')) as Definition;
    const { group, names } = spec;
    return spec.versions.map(
      ({ name, schema }) =>
        [{ group, version: name, kind: names.kind }, strictSchema(schema.openAPIV3Schema)] as const,
    );
  });
}

/** Go's folder of a module; downloads it if needed. */
function moduleFolder(module: string): string {
  const { error, stdout, stderr } = spawnSync('go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    throw new Error(`go: ${error.message}; the schemas come from Go modules`);
  }
  const { Dir, Error: fault = stderr } = JSON.parse(stdout || '{}') as {
    Dir?: string;
    Error?: string;
  };
  if (Dir === undefined) {
    throw new Error(`go mod download ${module}: ${fault}`);
  }
  return Dir;
}

import { parseAllDocuments } from 'yaml';

/** Of a manifest of the chart, what the tests read. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: unknown;
}

export interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: Readonly<Record<'requests' | 'limits', Readonly<Record<string, unknown>>>>;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Workload extends Manifest {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly enableServiceLinks: boolean;
        readonly automountServiceAccountToken: boolean;
        readonly securityContext: unknown;
        readonly containers: readonly [Container];
        readonly volumes: readonly Readonly<Record<string, unknown>>[];
      };
    };
  };
}

/** The manifests of a render. */
export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** @throws Error when the render has no such kind. */
export function manifestOf(text: string, ...kinds: readonly string[]): Manifest {
  const found = manifestsOf(text).find(({ kind }) => kinds.includes(kind));
  if (found === undefined) {
    throw new Error(`no ${kinds.join(' or ')}`);
  }
  return found;
}

export function workloadOf(text: string): Workload {
  return manifestOf(text, 'Deployment', 'StatefulSet') as Workload;
}

export function containerOf(text: string): Container {
  return workloadOf(text).spec.template.spec.containers[0];
}

/** The variables that have a text; those from secrets have none. */
export function variablesOf(text: string): Readonly<Record<string, string>> {
  const given = containerOf(text).env.filter(({ value }) => value !== undefined);
  return Object.fromEntries(given.map(({ name, value = '' }) => [name, value]));
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { caseNames, rendersFolder } from '../../bench/chart/render.ts';
import { parseConfig } from '../../src/config/config.ts';
import { metricTable } from '../../src/observe/metrics/metric-table.ts';
import { defaultLameDuckMs } from '../../src/server/server.ts';
import { containerOf, manifestOf, manifestsOf, variablesOf, workloadOf } from './manifests.ts';

interface Selector {
  readonly matchLabels?: unknown;
}

const labelsOf = ({ matchLabels, ...labels }: Selector) => matchLabels ?? labels;

/** The committed manifests, which Helm is not needed for. */
const renders = caseNames().map((name) => ({
  name,
  text: readFileSync(join(rendersFolder, `${name}.yaml`), 'utf8'),
}));

test('each case of the chart has its manifests, and there are no others', () => {
  const files = readdirSync(rendersFolder).map((file) => file.replace(/\.yaml$/, ''));
  expect(files.sort()).toEqual([...caseNames()].sort());
});

describe.each(renders)('$name', ({ text }) => {
  const workload = workloadOf(text);
  const pod = workload.spec.template.spec;
  const container = containerOf(text);
  const variables = variablesOf(text);

  test('gives settings that the server takes, and listens on the ports that it names', () => {
    const config = parseConfig(variables, []);
    const ports = Object.fromEntries(
      container.ports.map(({ name, containerPort }) => [name, String(containerPort)]),
    );
    const portOf = (address: string | undefined) => address?.split(':').at(-1);
    expect(ports).toEqual({
      grpc: portOf(config.address),
      observe: portOf(config.metricsAddress),
      ...(config.httpAddress === undefined ? {} : { http: portOf(config.httpAddress) }),
    });
    expect(config.adminAddress).toBe('127.0.0.1:50052');
  });

  test('leaves time for preStop, lame duck and drain, and to close, before it kills', () => {
    const sleepSeconds = container.lifecycle?.preStop.sleep.seconds ?? 0;
    const drainSeconds = Number(variables['SLMRANK_DRAIN_MS']) / 1000;
    expect(sleepSeconds).toBeGreaterThan(0);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      sleepSeconds + defaultLameDuckMs / 1000 + drainSeconds + 5,
    );
  });

  // A service named slmrank would give SLMRANK_PORT, which the server takes for a misspelt setting.
  test('keeps variables of services and the token of the account out of the pod', () => {
    expect(() => parseConfig({ SLMRANK_PORT: 'tcp://10.0.0.1:50051' }, [])).toThrow('SLMRANK_PORT');
    expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
  });

  test('runs as a numbered user that may change nothing outside its volumes', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('mounts the folders that its settings name', () => {
    const folders = container.volumeMounts.map(({ mountPath }) => mountPath);
    const paths = Object.values(variables).filter((value) => value.startsWith('/'));
    const isMounted = (path: string) =>
      folders.some((folder) => `${path}/`.startsWith(`${folder}/`));
    // Without a volume the model is in the image.
    expect(paths.filter((path) => path !== '/model' && !isMounted(path))).toEqual([]);
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(
      [
        ...pod.volumes.map(({ name }) => name),
        ...(workload.kind === 'StatefulSet' ? ['items'] : []),
      ].sort(),
    );
  });

  test('selects its own pods everywhere', () => {
    const { labels } = workload.spec.template.metadata;
    const selectors = manifestsOf(text).flatMap(({ kind, spec = {} }) => {
      const { selector, podSelector = selector } = spec as Readonly<Record<string, Selector>>;
      // A ServiceMonitor selects services. A Service has labels without `matchLabels`.
      return podSelector === undefined || kind === 'ServiceMonitor' ? [] : [labelsOf(podSelector)];
    });
    expect(selectors.length).toBeGreaterThanOrEqual(5);
    selectors.forEach((selector) => expect(labels).toMatchObject(selector));
  });

  test('lets the monitoring namespace scrape, and nobody reach the admin service', () => {
    const { ingress } = manifestOf(text, 'NetworkPolicy').spec as {
      readonly ingress: readonly {
        readonly from: readonly unknown[];
        readonly ports: readonly { readonly port: string }[];
      }[];
    };
    const rules = ingress.map(({ from, ports }) => [ports.map(({ port }) => port), from.length]);
    const http = 'SLMRANK_HTTP_ADDRESS' in variables ? ['http'] : [];
    expect(rules).toEqual([
      [['grpc', ...http], expect.any(Number)],
      [['observe'], 1],
    ]);
    expect(ingress[1]?.from).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
    ]);
    expect(text).not.toContain('50052');
  });
});

function textOf(wanted: string): string {
  return renders.find(({ name }) => name === wanted)?.text ?? '';
}

test('a pod asks for as many GPUs as its slots are on', () => {
  for (const [name, resource, slots] of [
    ['cuda', 'nvidia.com/gpu', ['cuda:0', 'cuda:0#1']],
    ['cuda-mig', 'nvidia.com/mig-1g.10gb', ['cuda:0']],
  ] as const) {
    const { devices } = parseConfig(variablesOf(textOf(name)), []);
    expect(devices.map((slot) => slot.name)).toEqual(slots);
    expect(containerOf(textOf(name)).resources.limits[resource]).toBe(1);
  }
});

test.each(['hpa', 'everything'])('%s scales its workload by a metric of ours', (name) => {
  const scaler = manifestOf(textOf(name), 'HorizontalPodAutoscaler', 'ScaledObject');
  const { kind, metadata, spec } = workloadOf(textOf(name));
  expect(scaler.spec).toMatchObject({ scaleTargetRef: { kind, name: metadata.name } });
  // Or each release would set back the number of pods.
  expect(spec.replicas).toBeUndefined();
  const metrics = JSON.stringify(scaler.spec).match(/slmrank_\w+/g) ?? [];
  expect(metrics).toEqual(['slmrank_queued_cost_seconds']);
  expect(Object.keys(metricTable)).toContain('slmrank_queued_cost_seconds');
});

test('the ServiceMonitor finds the headless service, and names the job of the alert rules', () => {
  const text = textOf('everything');
  const { selector, endpoints } = manifestOf(text, 'ServiceMonitor').spec as {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly endpoints: readonly { readonly relabelings: readonly unknown[] }[];
  };
  const found = manifestsOf(text).filter(
    ({ kind, metadata }) =>
      kind === 'Service' &&
      Object.entries(selector.matchLabels).every(([key, value]) => metadata.labels[key] === value),
  );
  expect(found.map(({ spec }) => spec)).toMatchObject([{ clusterIP: 'None' }]);
  expect(endpoints[0]?.relabelings).toContainEqual({ targetLabel: 'job', replacement: 'slmrank' });
  expect(JSON.stringify(manifestOf(text, 'PrometheusRule').spec)).toContain(
    'up{job=\\"slmrank\\"}',
  );
});

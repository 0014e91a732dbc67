import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  caseNames,
  lintChart,
  renderChart,
  rendersFolder,
  withHeader,
} from '../../bench/chart/render.ts';
import { findTool, tools } from '../../bench/chart/tools.ts';
import { settings } from '../../src/config/config-settings.ts';
import { parseDeviceSlots } from '../../src/config/device-slots.ts';
import { defaultLameDuckMs } from '../../src/server/server.ts';
import { containerOf, manifestsOf, variablesOf, workloadOf } from './manifests.ts';

const lameDuckSeconds = defaultLameDuckMs / 1000;
const helm = findTool('helm') ?? '';
if (helm === '') {
  console.warn(`the Helm chart is not rendered: no helm; go install ${tools.helm}`);
}

(helm === '' ? describe.skip : describe)('the Helm chart', () => {
  const render = (...set: readonly string[]) => renderChart(helm, { set });

  test.each(caseNames())('makes the committed manifests of %s, and lint finds no fault', (name) => {
    lintChart(helm, { name });
    const committed = readFileSync(join(rendersFolder, `${name}.yaml`), 'utf8');
    // To fix it: npm run check:chart -- --write
    expect(withHeader(name, renderChart(helm, { name }))).toBe(committed);
  });

  test.each([
    [[], 10 + lameDuckSeconds + 30 + 10],
    [['shutdown.preStopSeconds=0'], 0 + lameDuckSeconds + 30 + 10],
    [['shutdown.preStopSeconds=25', 'shutdown.drainMs=45500'], 25 + lameDuckSeconds + 46 + 10],
    [['shutdown.terminationGracePeriodSeconds=51'], 51],
    [['shutdown.terminationGracePeriodSeconds=600'], 600],
  ])('computes the grace period of %j: %d s', (set, seconds) => {
    const { spec } = workloadOf(render(...set)).spec.template;
    expect(spec.terminationGracePeriodSeconds).toBe(seconds);
  });

  test('has no hook for a preStop of no time, which Kubernetes 1.32 would refuse', () => {
    expect(containerOf(render('shutdown.preStopSeconds=0')).lifecycle).toBeUndefined();
  });

  test.each([
    ['cpu', '1', 'cpu:1', 1],
    ['cpu', '3500m', 'cpu:3', 3],
    ['cpu', '7.9', 'cpu:7', 7],
    ['cpu', '96', 'cpu:96', 96],
    ['cpu', '300', 'cpu:256', 300],
    ['cuda', '8', 'cuda:0', 8],
  ])('on %s with %s cores: %s, and the encoders of the server', (device, cpu, devices, cores) => {
    const found = variablesOf(render(`device=${device}`, `resources.requests.cpu=${cpu}`));
    const host = { cores, devices: parseDeviceSlots(devices) };
    expect([found['SLMRANK_DEVICES'], found['SLMRANK_ENCODERS']]).toEqual([
      devices,
      settings.encoders.byDefault(host),
    ]);
  });

  test.each([
    [['gpu.count=2'], 'cuda:0,cuda:1'],
    [['gpu.count=2', 'gpu.replicasPerGpu=3'], 'cuda:0*3,cuda:1*3'],
    [['settings.SLMRANK_DEVICES=cuda:0*4'], 'cuda:0*4'],
  ])('puts replicas on GPUs by %j: %s', (set, devices) => {
    const text = render('device=cuda', ...set);
    expect(variablesOf(text)['SLMRANK_DEVICES']).toBe(devices);
    const gpus = new Set(parseDeviceSlots(devices).map(({ deviceId }) => deviceId));
    expect(containerOf(text).resources.limits['nvidia.com/gpu']).toBe(gpus.size);
  });

  test('takes settings from secrets, as texts and as files', () => {
    const from = (place: string, name: string) => [
      `${place}.${name}.secretName=shared`,
      `${place}.${name}.key=secret`,
    ];
    const text = render(
      ...from('secretSettings', 'SLMRANK_A_TEXT'),
      ...from('secretFiles', 'SLMRANK_A_FILE'),
    );
    expect(containerOf(text).env).toEqual(
      expect.arrayContaining([
        { name: 'SLMRANK_A_FILE', value: '/secrets/a-file/secret' },
        { name: 'SLMRANK_A_TEXT', valueFrom: { secretKeyRef: { name: 'shared', key: 'secret' } } },
      ]),
    );
    expect(workloadOf(text).spec.template.spec.volumes).toContainEqual(
      expect.objectContaining({
        name: 'a-file',
        secret: expect.objectContaining({ secretName: 'shared' }),
      }),
    );
  });

  test.each([
    ['none', []],
    ['hpa', ['HorizontalPodAutoscaler']],
    ['keda', ['ScaledObject']],
  ])('autoscaling.kind %s makes one autoscaler at most', (kind, kinds) => {
    const made = manifestsOf(render(`autoscaling.kind=${kind}`)).map((each) => each.kind);
    expect(made.filter((each) => /Autoscaler|ScaledObject/.test(each))).toEqual(kinds);
  });

  // The value as the user typed it, and what is wrong with it.
  test.each([
    [['replics=3'], "additional properties 'replics' not allowed"],
    [['device=gpu'], "'/device': value must be one of 'cpu', 'cuda'"],
    [['gpu.replicasPerGpu=9'], "'/gpu/replicasPerGpu': maximum: got 9, want 8"],
    [['autoscaling.kind=both'], "'/autoscaling/kind': value must be one of 'none', 'hpa', 'keda'"],
    [
      ['autoscaling.minReplicas=20'],
      'autoscaling.minReplicas is 20, more than autoscaling.maxReplicas, 12',
    ],
    [['model.source=oci'], "'/model/oci/reference': minLength: got 0, want 1"],
    [['model.source=volume'], "'/model/volume/claimName': minLength: got 0, want 1"],
    [['model.folder=/a'], "'/model/folder': '/a' does not match pattern"],
    [['tls.clientCaSecretName=clients'], "'/tls/secretName': minLength: got 0, want 1"],
    [['settings.LOG_LEVEL=debug'], "'/settings': additional properties 'LOG_LEVEL' not allowed"],
    [
      ['settings.SLMRANK_DRAIN_MS=1'],
      'settings.SLMRANK_DRAIN_MS cannot be set; use shutdown.drainMs',
    ],
    [['extraEnv[0].name=SLMRANK_MODEL'], 'extraEnv has SLMRANK_MODEL'],
    [['resources.requests.cpu=500m'], 'resources.requests.cpu is 500m'],
    [['resources.requests.cpu=four'], "'/resources/requests/cpu': 'four' does not match pattern"],
    [['strategy.maxSurge=0'], 'strategy.maxSurge and strategy.maxUnavailable are both 0'],
    [
      ['shutdown.terminationGracePeriodSeconds=50'],
      'shutdown.terminationGracePeriodSeconds is 50; at least 51 are needed: 10 (shutdown.preStopSeconds) + 1 (lame duck) + 30 (shutdown.drainMs) + 10 (to close)',
    ],
    [
      ['device=cuda', 'gpu.resource=nvidia.com/mig-1g.10gb', 'gpu.count=2'],
      'gpu.count is 2 with gpu.resource nvidia.com/mig-1g.10gb',
    ],
    [
      ['settings.SLMRANK_A=1', 'secretFiles.SLMRANK_A.secretName=a', 'secretFiles.SLMRANK_A.key=b'],
      'SLMRANK_A is in settings and in secretFiles',
    ],
  ])('refuses %j', (set, message) => {
    expect(() => render(...set)).toThrow(message);
  });

  test('does not install where it was never checked', () => {
    expect(() => renderChart(helm, { version: '1.31.0' })).toThrow('1.32.0');
  });
});

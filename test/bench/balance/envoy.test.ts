import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { configure, findEnvoy } from '../../../bench/balance/play/envoy.ts';

const text = readFileSync('deploy/envoy/envoy.yaml', 'utf8');
const servers = ['127.0.0.1:1001', '127.0.0.1:1002'];

describe('configure', () => {
  const ports = { port: 1003, adminPort: 1004 };
  const policy = 'client_side_weighted_round_robin';
  const found = configure(parse(text) as Parameters<typeof configure>[0], ports, {
    servers,
    policy,
  });
  const json = JSON.stringify(found);

  test('puts the servers and ports into the config that we advise', () => {
    for (const port of [1001, 1002, 1003, 1004]) {
      expect(json.split(`"port_value":${port}`)).toHaveLength(2);
    }
    expect(json).toContain(policy);
  });

  test('leaves retries, health checks and outlier detection as advised', () => {
    const [advised] = (parse(text) as { static_resources: { clusters: object[] } }).static_resources
      .clusters;
    const [cluster] = found.static_resources.clusters;
    for (const key of ['health_checks', 'outlier_detection', 'circuit_breakers'] as const) {
      expect(cluster).toHaveProperty(key, advised?.[key as keyof typeof advised]);
    }
    expect(json).toContain('"retry_on":"unavailable,connect-failure,refused-stream"');
  });
});

test('a program that does not run is none', () => {
  const { ENVOY } = process.env;
  process.env['ENVOY'] = '/nonexistent/envoy';
  expect(findEnvoy()).toBeUndefined();
  if (ENVOY === undefined) {
    delete process.env['ENVOY'];
  } else {
    process.env['ENVOY'] = ENVOY;
  }
});

const program = findEnvoy();
(program === undefined ? test.skip : test)('Envoy accepts deploy/envoy/envoy.yaml', () => {
  const args = ['--mode', 'validate', '-c', 'deploy/envoy/envoy.yaml'];
  const said = execFileSync(program ?? '', args, { encoding: 'utf8', stdio: 'pipe' });
  expect(said).toContain("'deploy/envoy/envoy.yaml' OK");
});

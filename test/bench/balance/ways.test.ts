import { expect, test } from '@jest/globals';
import { allWays } from '../../../bench/balance/ways.ts';

type Config = {
  readonly loadBalancingConfig: readonly Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >[];
  readonly methodConfig: readonly unknown[];
};
const configOf = (name: string) =>
  JSON.parse(allWays().find((way) => way.name === name)?.serviceConfig ?? '') as Config;

test('every way has a name of its own, one policy and the advised retries', () => {
  const ways = allWays();
  expect(new Set(ways.map(({ name }) => name)).size).toBe(ways.length);
  for (const { serviceConfig } of ways) {
    const { loadBalancingConfig, methodConfig } = JSON.parse(serviceConfig) as Config;
    expect([loadBalancingConfig.length, methodConfig.length]).toEqual([1, 1]);
  }
});

test('reports of calls are the advised policy without reports out of band', () => {
  for (const client of ['grpc-js', 'grpc-go']) {
    const [outOfBand, ofCalls] = ['out of band', 'of calls'].map(
      (reports) =>
        configOf(`${client} weighted_round_robin, reports ${reports}`).loadBalancingConfig[0]?.[
          'weighted_round_robin'
        ],
    );
    expect(outOfBand).toMatchObject({ enableOobLoadReport: true, enable_oob_load_report: true });
    const off = { enableOobLoadReport: false, enable_oob_load_report: false };
    expect(ofCalls).toEqual({ ...outOfBand, ...off });
  }
});

test('only ways through Envoy have a policy of Envoy', () => {
  for (const { client, envoy } of allWays()) {
    expect(client === 'Envoy').toBe(envoy !== undefined);
  }
});

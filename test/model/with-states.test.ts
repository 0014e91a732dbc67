import { expect, test } from '@jest/globals';
import { withStates } from '../../src/model/with-states.ts';
import { testManifest } from '../support/serving/test-server.ts';

const states = {
  layout: 'stored',
  attentionGroups: 4,
  file: 'graph-states.onnx',
  bytes: 1,
  sha256: 'ab'.repeat(32),
} as const;
const template = { ...testManifest.template, order: 'candidate-first' } as const;
const { cpu } = testManifest.graphs;
const candidateFirst = { ...testManifest, template, graphs: { cpu: { ...cpu, states } } };

test('the model serves by the graph that keeps states, with a fingerprint of its own', () => {
  const served = withStates(candidateFirst, '--states-mb');
  expect(served.graphs).toEqual({ cpu: { score: states } });
  expect(served.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(served.fingerprint).not.toBe(candidateFirst.fingerprint);
  expect(withStates(candidateFirst, '--states-mb').fingerprint).toBe(served.fingerprint);
});

test('a query-first model is refused, naming the setting and the order', () => {
  expect(() => withStates(testManifest, 'SLMRANK_STATES_MB')).toThrow(
    `SLMRANK_STATES_MB keeps the states of candidates, but the template of ${testManifest.name} ` +
      'is query-first: what the model computes for a candidate depends on the query before it. ' +
      'Set SLMRANK_STATES_MB to 0, or build the model with a candidate-first template',
  );
});

test('a model without the graph is refused, saying how to build it', () => {
  expect(() => withStates({ ...candidateFirst, graphs: { cpu } }, '--states-mb')).toThrow(
    `${testManifest.name} (${testManifest.precision}) was built without the graph for it. ` +
      'Set --states-mb to 0, or build it again in int8 or fp32',
  );
});

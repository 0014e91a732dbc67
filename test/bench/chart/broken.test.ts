import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { breakEach, wrongField } from '../../../bench/chart/broken.ts';

test('puts a wrong field into each manifest: the container, else the spec, else the top', () => {
  const text = `# a comment before the first
---
kind: Deployment
spec: { template: { spec: { containers: [{ name: a }] } } }
---
kind: Service
spec: { ports: [] }
---
kind: ServiceAccount
`;
  const broken = parseAllDocuments(breakEach(text)).map((document) => document.toJS() as unknown);
  expect(broken).toEqual([
    {
      kind: 'Deployment',
      spec: { template: { spec: { containers: [{ name: 'a', [wrongField]: true }] } } },
    },
    { kind: 'Service', spec: { ports: [], [wrongField]: true } },
    { kind: 'ServiceAccount', [wrongField]: true },
  ]);
});

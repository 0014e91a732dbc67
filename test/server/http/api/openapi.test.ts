import { expect, test } from '@jest/globals';
import { describeApi } from '../../../../src/server/http/api/openapi.ts';
import { rankRoutes } from '../../../../src/server/http/api/routes.ts';
import { startTestHttp } from '../../../support/serving/test-http.ts';

type Methods = Readonly<Record<string, { readonly operationId: string }>>;
const { paths } = describeApi('1.2.3') as { readonly paths: Readonly<Record<string, Methods>> };

test('describes every route of other APIs, with the schemas that bodies are checked against', () => {
  for (const { path, apis } of rankRoutes) {
    const described = JSON.stringify(paths[path]?.['post']);
    for (const { shape } of apis) {
      expect(described).toContain(JSON.stringify(shape.body));
      expect(described).toContain(JSON.stringify(shape.reply));
    }
  }
});

test('every path that it lists is served, and has a name of its own', async () => {
  const server = await startTestHttp({}, { metrics: () => Promise.resolve('') });
  const names = new Set<string>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { operationId }] of Object.entries(methods)) {
      const { status } = await (method === 'post' ? server.post(path, []) : server.get(path));
      expect([path, status]).toEqual([path, method === 'post' ? 400 : 200]);
      expect(names.has(operationId)).toBe(false);
      names.add(operationId);
    }
  }
  expect(await server.get('/openapi.json')).toMatchObject({ body: { openapi: '3.1.0' } });
  await server.close();
});

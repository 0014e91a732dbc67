import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { createAdminClient } from '../../../src/client/admin-client.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { serveItems } from '../../support/items/serve-items.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Served = Awaited<ReturnType<typeof serveItems>>;

const texts = [
  'Night shifts for nurses in intensive care. Nurses with years of practice in intensive care.',
  'Bakes bread and rolls from four in the morning. The bakery has bread ovens, and bakes for hotels.',
];
const items = Array.from({ length: 20 }, (_, n) => ({
  id: `item-${n}`,
  version: 1,
  text: `${n}: ${at(texts, n % 2)} Apply until the ${n}th of May.`,
  ...(n % 3 === 0 ? { title: `Job ${n}` } : {}),
}));

interface Listed {
  readonly method: string;
  readonly method_version: string;
  readonly candidate_tokens: number;
}

async function list({ call }: Served): Promise<readonly Listed[]> {
  return (await call('ListItems', { page_size: 1000 }))['items'] as readonly Listed[];
}

test('items that are put get summaries and token ids, and new ones after a swap', async () => {
  const [model, next] = [temporaryFolder(), temporaryFolder()];
  await buildHfTiny('llama', model);
  await buildHfTiny('qwen3', next);
  const server = await serveItems(model, join(temporaryFolder(), 'items'), '127.0.0.1:0');
  await server.put(items);
  await server.until(({ stale }) => Number(stale) === 0);
  const first = await list(server);
  expect(first).toHaveLength(20);
  for (const item of first) {
    expect(item.method).toBe('search');
    expect(item.candidate_tokens).toBeGreaterThan(0);
  }
  const [version] = first.map((item) => item.method_version);
  const metrics = await (await fetch(`http://${server.metrics() ?? ''}/metrics`)).text();
  expect(metrics).toMatch(/\nslmrank_queued_candidates 0\n/);

  const admin = createAdminClient(server.admin() ?? '', 20_000);
  await admin.loadModel(next, () => undefined);
  admin.close();
  await server.until(({ stale, compressed }) => {
    const made = compressed as readonly { method: string; items: string }[];
    const searched = made.find(({ method }) => method === 'search');
    return Number(stale) === 0 && Number(searched?.items) === 40;
  });
  const second = await list(server);
  expect(second.every((item) => item.method === 'search')).toBe(true);
  expect(second.every((item) => item.candidate_tokens > 0)).toBe(true);
  expect(second.every((item) => item.method_version !== version)).toBe(true);
  server.child.kill('SIGTERM');
  await server.ended;
  expect(server.child.exitCode).toBe(0);
}, 60_000);

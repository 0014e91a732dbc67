import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { serveItems } from '../../support/items/serve-items.ts';
import type { Json } from '../../support/serving/test-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a server that is killed while items come in has every acknowledged one when it is back', async () => {
  const model = temporaryFolder();
  await buildHfTiny('llama', model);
  const folder = join(temporaryFolder(), 'items');
  const first = await serveItems(model, folder);
  const stream = first.putStream();
  stream.on('error', () => undefined);
  const acknowledged: string[] = [];
  const messages = Array.from({ length: 400 }, (_, n) =>
    Array.from({ length: 20 }, (_each, i) => `item-${n}-${i}`),
  );
  messages.forEach((ids) =>
    stream.write({ items: ids.map((id) => ({ id, version: 1, text: `text of ${id}` })) }),
  );
  await new Promise<void>((resolve) => {
    stream.on('data', ({ sequence, put }: Json) => {
      expect(put).toMatchObject({ stored: 20 });
      acknowledged.push(...at(messages, Number(sequence)));
      if (acknowledged.length === 1000) {
        first.child.kill('SIGKILL');
        resolve();
      }
    });
  });
  await first.ended;

  const second = await serveItems(model, folder);
  const found = new Set<string>();
  for (let token = ''; ; ) {
    const page = await second.call('ListItems', { page_size: 1000, page_token: token });
    (page['items'] as { id: string }[]).forEach(({ id }) => found.add(id));
    token = String(page['next_page_token']);
    if (token === '') {
      break;
    }
  }
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  expect(found.size).toBeLessThan(8000);
  const text = await (await fetch(`http://${second.metrics() ?? ''}/metrics`)).text();
  expect(text).toContain(`\nslmrank_items ${found.size}\n`);
  second.child.kill('SIGTERM');
  await second.ended;
}, 60_000);

test('a store that cannot be used ends the start with its setting and what to do', async () => {
  const model = temporaryFolder();
  await buildHfTiny('llama', model);
  const items = temporaryFolder({ 'data.mdb': 'hello' });
  const { ended } = await serveItems(model, items);
  expect(await ended).toMatch(
    /slmrank: --items: .*data\.mdb is damaged or no item store: .* Move the folder away/,
  );
}, 60_000);

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { serveItems } from '../../support/items/serve-items.ts';
import type { Json } from '../../support/serving/test-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { noValkey, startValkey, valkeyBinary } from '../../support/valkey/real-valkey.ts';

type Served = Awaited<ReturnType<typeof serveItems>>;

const items = Array.from({ length: 12 }, (_, n) => ({
  id: `item-${n}`,
  version: 1,
  text: `${n}: Night shifts for nurses in intensive care. Bakes bread and rolls from four. Apply now.`,
}));

function searched(state: Json): number {
  const made = state['compressed'] as readonly { method: string; items: string | number }[];
  return Number(made.find(({ method }) => method.startsWith('search'))?.items ?? 0);
}

const real = valkeyBinary === undefined ? describe.skip : describe;
real(valkeyBinary === undefined ? noValkey : `two servers and a real ${valkeyBinary}`, () => {
  test('have the same items, and each summary is made once', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    const valkey = await startValkey();
    const folder = temporaryFolder({ secret: 'x'.repeat(32) });
    const serve = (name: string) =>
      serveItems(model, join(folder, name), 'off', [
        `--valkey-url=valkey://127.0.0.1:${valkey.port}`,
        `--valkey-secret-file=${join(folder, 'secret')}`,
        '--valkey-timeout-ms=1000',
      ]);
    try {
      const [a, b] = [await serve('a'), await serve('b')];
      await a.put(items);
      expect(await b.call('GetItem', { id: 'item-7' })).toMatchObject({
        source: { id: 'item-7', text: items[7]?.text },
      });
      const isDone = (state: Json) => Number(state['items']) === 12 && Number(state['stale']) === 0;
      const [ofA, ofB] = [await a.until(isDone), await b.until(isDone)];
      expect(searched(ofA) + searched(ofB)).toBe(12);
      const summaryOf = async (server: Served) =>
        (await server.call('GetItem', { id: 'item-3' }))['summary'];
      expect(await summaryOf(b)).toEqual(await summaryOf(a));
      await b.call('DeleteItems', { items: [{ id: 'item-3' }] });
      await a.until((state) => Number(state['items']) === 11);
    } finally {
      await valkey.kill();
    }
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { type Json, methodOf, unary } from '../../support/serving/test-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

/** A server of a tiny model in a process of its own, and its item service. */
async function serveItems(model: string, items: string) {
  const args = ['--address=127.0.0.1:0', '--admin-address=off', '--metrics-address=127.0.0.1:0'];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', main, ...args, `--model=${model}`, '--devices=cpu:1', `--items=${items}`],
    { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  cleanUps.push(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(() => errors);
  const ready = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  // A server that ended has no address; its client is never used.
  const address =
    String(ready)
      .match(/(?<=on )\S+(?=: )/)
      ?.at(0) ?? '127.0.0.1:1';
  const client = new Client(address, credentials.createInsecure());
  cleanUps.push(() => client.close());
  const call = (name: string, request: Json) =>
    unary(client, methodOf('slmrank.v1.ItemService', name), request, {
      metadata: new Metadata(),
      options: { deadline: Date.now() + 20_000 },
    });
  const putStream = () => {
    const { path, requestSerialize, responseDeserialize } = methodOf(
      'slmrank.v1.ItemService',
      'PutItems',
    );
    return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  };
  return { child, ended, call, putStream, metrics: () => /"metrics":"([^"]+)"/.exec(errors)?.[1] };
}

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

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach } from '@jest/globals';
import { type Json, methodOf, unary } from '../serving/test-server.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

/** A server of a tiny model in a process of its own, and its item service. */
export async function serveItems(
  model: string,
  items: string,
  admin = 'off',
  more: readonly string[] = [],
) {
  const args = ['--address=127.0.0.1:0', '--metrics-address=127.0.0.1:0'];
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      main,
      ...args,
      `--admin-address=${admin}`,
      `--model=${model}`,
      '--devices=cpu:1',
      `--items=${items}`,
      ...more,
    ],
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
  const logged = (name: string) => new RegExp(`"${name}":"([^"]+)"`).exec(errors)?.[1];
  return {
    child,
    ended,
    call,
    putStream,
    watch: () => {
      const method = methodOf('slmrank.v1.ItemService', 'WatchItems');
      const { path, requestSerialize, responseDeserialize } = method;
      return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {});
    },
    metrics: () => logged('metrics'),
    admin: () => logged('admin'),
  };
}

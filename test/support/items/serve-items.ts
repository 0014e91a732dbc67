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
    /** Puts the items in one message, and waits for its answer. */
    put: async (sent: readonly Json[]): Promise<void> => {
      const stream = putStream();
      await new Promise((resolve, reject) => {
        stream.on('data', () => stream.end());
        stream.on('end', resolve);
        stream.on('error', reject);
        stream.write({ items: sent });
      });
    },
    /** Resolves to the first state of the store that holds. */
    until: async (holds: (state: Json) => boolean): Promise<Json> => {
      const method = methodOf('slmrank.v1.ItemService', 'WatchItems');
      const { path, requestSerialize, responseDeserialize } = method;
      const states = client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        {},
      );
      states.on('error', () => undefined);
      const found = await new Promise<Json>((resolve) =>
        states.on('data', (state: Json) => {
          if (holds(state)) {
            resolve(state);
          }
        }),
      );
      states.cancel();
      return found;
    },
    metrics: () => logged('metrics'),
    admin: () => logged('admin'),
  };
}

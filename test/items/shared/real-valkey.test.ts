import { afterEach, describe, expect, test } from '@jest/globals';
import { connectBoth } from '../../support/items/real-servers.ts';
import { openShared, type SharedServer, until } from '../../support/items/shared-servers.ts';
import { Seal } from '../../../src/valkey/seal.ts';
import { putOf } from '../../support/items/stores.ts';
import {
  noValkey,
  type RealValkey,
  startValkey,
  valkeyBinary,
} from '../../support/valkey/real-valkey.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

async function start(port = 0): Promise<RealValkey> {
  const server = await startValkey([], port);
  cleanUps.push(() => server.kill());
  return server;
}

async function open(port: number, isUp = true, secret = 'secret'): Promise<SharedServer> {
  const connections = await connectBoth(port, isUp);
  cleanUps.push(() => connections.close());
  const { valkey, waiting } = connections;
  const disconnect = () => connections.close();
  const seal = new Seal(secret, 'items');
  return await openShared(valkey, { waiting, disconnect, seal, timeoutMs: 500 });
}

const idsOf = ({ local }: SharedServer) => local.list({ limit: 1000 }).map(({ id }) => id);

const real = valkeyBinary === undefined ? describe.skip : describe;
real(valkeyBinary === undefined ? noValkey : `two servers and a real ${valkeyBinary}`, () => {
  test('share what is put and deleted, and a third gets all', async () => {
    const { port } = await start();
    const [a, b] = [await open(port), await open(port)];
    await a.shared.put([putOf('x'), putOf('y')]);
    await until(() => idsOf(b).length === 2);
    await b.shared.delete([{ id: 'x', version: undefined }]);
    await until(() => a.local.stored('x').kind === 'tombstone');
    const c = await open(port);
    await until(() => c.shared.state().walks === 1);
    expect(idsOf(c)).toEqual(['y']);
    expect(c.local.stats()).toMatchObject({ items: 1, tombstones: 1 });
  });

  test('leave those of another secret alone, in one database', async () => {
    const { port } = await start();
    const [a, b] = [await open(port), await open(port)];
    const stranger = await open(port, true, 'another');
    await stranger.shared.put([putOf('x', 9, 'of the stranger')]);
    await a.shared.put([putOf('x')]);
    await until(() => idsOf(b).length === 1);
    expect(b.local.get('x')?.version).toBe(1n);
    await until(() => [a, b, stranger].every(({ shared }) => shared.state().walks > 0));
    expect([a, b, stranger].map(({ shared }) => shared.state().bad)).toEqual([0, 0, 0]);
    expect(stranger.local.get('x')?.text).toBe('of the stranger');
  });

  test('go on when it is killed, and fill it when it is back empty', async () => {
    const first = await start();
    const [a, b] = [await open(first.port), await open(first.port)];
    await a.shared.put([putOf('x')]);
    await until(() => idsOf(b).length === 1);
    await first.kill();
    expect(await a.shared.put([putOf('y')])).toEqual(['stored']);
    expect(await b.shared.put([putOf('z')])).toEqual(['stored']);
    expect(await b.shared.get('y')).toBeUndefined();
    await start(first.port);
    await until(() => idsOf(a).length === 3 && idsOf(b).length === 3);
    const c = await open(first.port);
    await until(() => idsOf(c).length === 3);
    expect([a, b, c].flatMap(({ faults }) => faults)).toEqual([]);
  });

  test('go on while it is stopped in the middle of everything', async () => {
    const server = await start();
    const [a, b] = [await open(server.port), await open(server.port)];
    await a.shared.put([putOf('x')]);
    await until(() => idsOf(b).length === 1);
    server.process.kill('SIGSTOP');
    expect(await a.shared.put([putOf('y')])).toEqual(['stored']);
    await b.shared.fetch(['y']);
    expect(idsOf(b)).toEqual(['x']);
    server.process.kill('SIGCONT');
    await until(() => idsOf(b).length === 2);
  });

  test('begin without it', async () => {
    const gone = await start();
    await gone.kill();
    const a = await open(gone.port, false);
    expect(await a.shared.put([putOf('x')])).toEqual(['stored']);
    await start(gone.port);
    const b = await open(gone.port);
    await until(() => idsOf(b).length === 1);
  });
});

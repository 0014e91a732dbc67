import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FleetScores } from '../../src/cache/fleet/fleet-scores.ts';
import { Valkey } from '../../src/valkey/valkey.ts';
import { fakeScore } from '../support/fakes/shared-scores.ts';
import { closeShared, openShared, type SharedServer } from '../support/items/shared-servers.ts';
import { putOf } from '../support/items/stores.ts';
import {
  noValkey,
  type RealValkey,
  startValkey,
  valkeyBinary,
} from '../support/valkey/real-valkey.ts';
import { until } from '../support/valkey/until.ts';

const page = readFileSync('docs/fleet/valkey.md', 'utf8');
const [ofScores = [], ofBoth = []] = [...page.matchAll(/^ACL SETUSER slmrank (.*)$/gm)].map(
  ([, rights = '']) => rights.split(' '),
);
const call = {
  deadlineAtMs: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  partialOk: false,
  priority: 'interactive' as const,
};

(valkeyBinary === undefined ? describe.skip : describe)(
  valkeyBinary === undefined ? noValkey : 'a user with the rights of docs/fleet/valkey.md',
  () => {
    let server: RealValkey;
    const opened: Valkey[] = [];
    beforeAll(async () => {
      server = await startValkey();
    });
    afterEach(() => opened.splice(0).forEach((valkey) => valkey.close()));
    afterAll(() => server.kill());

    async function connect(username?: string): Promise<Valkey> {
      const place = { host: '127.0.0.1', port: server.port, isTls: false, db: 1 };
      const user = username === undefined ? {} : { username, password: 'PASSWORD' };
      const valkey = new Valkey({ ...place, ...user, timeoutMs: 1000 });
      opened.push(valkey);
      await until(() => valkey.isConnected);
      return valkey;
    }

    async function give(user: string, rights: readonly string[]): Promise<void> {
      const owner = await connect();
      expect(
        await owner.run('ACL', ['SETUSER', user, 'reset', ...rights], { mostBytes: 100 }),
      ).toEqual(Buffer.from('OK'));
    }

    test.each([[ofScores], [ofBoth]])('can share scores: %p', async (rights) => {
      await give('scores', rights);
      const valkey = await connect('scores');
      const options = { valkey, secret: 's'.repeat(32), ttlMs: 60_000, timeoutMs: 1000 };
      const scores = new Map([['key', fakeScore('key')]]);
      const fleet = new FleetScores(options);
      fleet.publish(scores);
      await until(() => fleet.counts.written + fleet.counts.dropped === 1);
      expect(await fleet.find(['key'], call)).toEqual(scores);
    });

    test.each(ofScores.filter((right) => /^\+(?!select)/.test(right)))(
      'shares nothing without %s',
      async (right) => {
        await give(
          'less',
          ofScores.filter((each) => each !== right),
        );
        const valkey = await connect('less');
        const isSet = await valkey.set([{ key: 'slmrank:x', value: Buffer.from('x') }], {
          ttlMs: 60_000,
        });
        const values = await valkey.get(['slmrank:x'], { mostBytes: 9 });
        expect(isSet && values !== undefined).toBe(false);
      },
    );

    test('can share items, if it has those rights', async () => {
      await give('both', ofBoth);
      const open = async () =>
        await openShared(await connect('both'), { waiting: await connect('both') });
      const servers: SharedServer[] = [await open(), await open()];
      const [a, b] = servers as [SharedServer, SharedServer];
      await a.shared.put([putOf('x'), putOf('y')]);
      await until(() => b.local.stats().items === 2);
      expect(await b.shared.claim('x')).toBe(true);
      await b.shared.delete([{ id: 'y', version: undefined }]);
      await until(() => a.local.stored('y').kind === 'tombstone');
      expect(servers.map(({ shared }) => shared.state())).toEqual([
        expect.objectContaining({ bad: 0, behind: 0, waiting: 0 }),
        expect.objectContaining({ bad: 0, behind: 0, waiting: 0 }),
      ]);
      await Promise.all(servers.map(({ shared }) => closeShared(shared)));
    });
  },
);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chaosModel } from '../../../bench/chaos/chaos-model.ts';
import { type PacedServer, startFleet, startPaced } from '../../../bench/fleet/fleet.ts';
import { fetchMetrics } from '../../../bench/suite/server/server-record.ts';
import { at } from '../../../src/base/at.ts';
import { createRankingClient } from '../../../src/client/client.ts';

const started: PacedServer[] = [];
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slmrank-fleet-'));
});
afterAll(async () => {
  await Promise.all(started.map((server) => server.kill()));
  await rm(folder, { recursive: true });
});

async function rank({ address }: PacedServer) {
  const client = createRankingClient(address);
  const candidates = ['nurse', 'baker', 'driver'].map((text) => ({ id: text, text }));
  const reply = await client.rank({ query: 'who bakes bread', candidates }, 30_000);
  client.close();
  return reply.results.map(({ id, logit }) => [id, logit]);
}

test('unequal servers give equal scores, can be killed, started again there, and drained', async () => {
  const model = await chaosModel('tiny', 'llama', folder);
  const cost = { fixedMs: 2, tokenMs: 0.01, slotMs: 0 };
  const fleet = { model, cost, spread: 0.1, seed: 1 };
  started.push(
    ...(await startFleet(fleet, [
      { factor: 1, replicas: 2 },
      { factor: 3, replicas: 1 },
    ])),
  );
  const [fast, slow] = [at(started, 0), at(started, 1)];
  const scores = await rank(fast);
  expect(scores).toHaveLength(3);
  expect(await rank(slow)).toEqual(scores);
  expect(await fetchMetrics(slow.metricsAddress)).toContain('slmrank_requests_total');
  expect(slow.adminAddress).toMatch(/^127\.0\.0\.1:\d+$/);

  await fast.kill();
  expect(() => process.kill(fast.pid, 0)).toThrow('ESRCH');
  const again = await startPaced(fleet, { factor: 1, replicas: 1, address: fast.address });
  started.push(again);
  expect(again.address).toBe(fast.address);
  expect(await rank(again)).toEqual(scores);
  expect(await slow.stop()).toBe(0);
});

import { Client, credentials, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createAdminClient } from '../../../src/client/admin-client.ts';
import { type AdminServer, startAdminServer } from '../../../src/server/admin/server.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { beginCall, connectRaw, http2Frame } from '../../support/raw-grpc/connection.ts';
import { setUpModels } from '../../support/serving/model-set-up.ts';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let server: AdminServer;
beforeEach(async () => {
  server = await start('127.0.0.1:0');
});
afterEach(() => server.close());

async function start(address: string): Promise<AdminServer> {
  const { set: models } = await setUpModels();
  const credentials = ServerCredentials.createInsecure();
  const setLogLevel = () => 'info';
  const clock = new FakeClock();
  return await startAdminServer({
    address,
    models,
    log,
    clock,
    credentials,
    setLogLevel,
    sweepMs: 20,
  });
}

test('the address serves neither ranking nor health', async () => {
  const client = new Client(server.address, credentials.createInsecure());
  const paths = ['/slmrank.v1.RankingService/Rank', '/grpc.health.v1.Health/Check'];
  for (const path of paths) {
    const identity = (bytes: Buffer) => bytes;
    const error = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(path, identity, identity, Buffer.alloc(0), resolve);
    });
    expect(error?.code).toBe(status.UNIMPLEMENTED);
  }
  client.close();
});

test('an address in use is an error that names the setting', async () => {
  await expect(start(server.address)).rejects.toThrow(
    /cannot listen on 127\.0\.0\.1:\d+ .*SLMRANK_ADMIN_ADDRESS/,
  );
});

test('a connection with a framing error is closed, and others are served', async () => {
  const tooLarge = http2Frame(0, 0, 1, { length: 0xff_ff_ff });
  const path = '/slmrank.v1.AdminService/GetPoolState';
  const bad = Array.from({ length: 3 }, () =>
    connectRaw(server.address, beginCall(1, path), tooLarge),
  );
  // The HTTP/2 library sends GOAWAY and would leave them open.
  await Promise.all(bad.map(({ closed }) => closed));
  const admin = createAdminClient(server.address, 10_000);
  expect((await admin.poolState()).replicas).not.toEqual([]);
  admin.close();
});

import { Client, credentials, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AdminClient, createAdminClient } from '../../../src/client/admin-client.ts';
import { parseDeviceSlots } from '../../../src/config/device-slots.ts';
import { parseAdminProtoRoot } from '../../../src/proto/proto-root.ts';
import { type AdminServer, startAdminServer } from '../../../src/server/admin/server.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { beginCall, connectRaw, http2Frame } from '../../support/raw-grpc/connection.ts';
import { setUpModels } from '../../support/serving/model-set-up.ts';
import { decodeFailure } from '../../support/serving/test-server.ts';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let models: Awaited<ReturnType<typeof setUpModels>>;
let server: AdminServer;
let admin: AdminClient;
let level = 'info';

beforeEach(async () => {
  models = await setUpModels();
  server = await startAdminServer({
    address: '127.0.0.1:0',
    models: models.set,
    log,
    clock: new FakeClock(3_500),
    credentials: ServerCredentials.createInsecure(),
    sweepMs: 20,
    setLogLevel: (next) => {
      const previous = level;
      level = next;
      return previous;
    },
  });
  admin = createAdminClient(server.address, 10_000);
});
afterEach(() => {
  admin.close();
  server.close();
});

/** The failure of a unary call, as a stranger sees it. */
async function failureOf(
  name: 'DrainReplica' | 'QuarantineReplica' | 'SetLogLevel',
  request: object,
) {
  const { path, requestSerialize, responseDeserialize } = parseAdminProtoRoot().service[name];
  const client = new Client(server.address, credentials.createInsecure());
  const error = await new Promise<ServiceError>((resolve, reject) => {
    client.makeUnaryRequest<object, object>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      (failed) => (failed === null ? reject(new Error('it succeeded')) : resolve(failed)),
    );
  });
  client.close();
  return decodeFailure(error);
}

test('the pool is its model and its replicas', async () => {
  expect(await admin.poolState()).toEqual({
    model: 'tiny',
    folder: '/first',
    scoreFingerprint: 'ef'.repeat(32),
    replicas: ['cpu#0', 'cpu#1'].map((slot) => ({
      slot,
      phase: 'ready',
      phaseSeconds: 2.5,
      failures: 0,
      reason: '',
      batches: 0,
      running: 0,
      queuedMs: 0,
      threads: 1,
    })),
    change: '',
    drainingModels: 0,
  });
});

describe('the number of replicas', () => {
  test('is set by count, told step by step', async () => {
    const steps: string[] = [];
    const pool = await admin.setReplicas({ count: 3 }, ({ step }) => steps.push(step));
    expect(pool.replicas.map(({ slot, phase }) => [slot, phase])).toEqual([
      ['cpu#0', 'ready'],
      ['cpu#1', 'ready'],
      ['cpu#2', 'ready'],
    ]);
    expect(steps).toEqual(['cpu#2 is loading', 'cpu#2 is ready', 'done']);
  });

  test('is set by devices', async () => {
    const pool = await admin.setReplicas({ devices: 'cpu:1x2' }, quiet);
    expect(pool.replicas).toMatchObject([{ slot: 'cpu#0', threads: 2 }]);
    expect(models.set.view().slots).toEqual(parseDeviceSlots('cpu:1x2'));
  });

  test.each([
    [{}, /target: is missing: devices or count/],
    [{ count: 0 }, /count: 0 replicas; allowed 1 to 256/],
    [{ devices: 'tpu:1' }, /devices: 'tpu:1' is not a device slot/],
    [{ devices: 'cuda:0' }, /cuda:0 beside cpu#0/],
  ])('refuses %j', async (request, message) => {
    const change = admin.setReplicas(request, quiet);
    await expect(change).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(change).rejects.toThrow(message);
  });

  test('stays when one does not load', async () => {
    models.refused.add('cpu#2');
    const change = admin.setReplicas({ count: 4 }, quiet);
    await expect(change).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(change).rejects.toThrow('cpu#2 did not load: no memory');
    expect((await admin.poolState()).replicas).toHaveLength(2);
  });
});

describe('one replica', () => {
  test('is quarantined, shown with the reason, and released', async () => {
    const out = await admin.quarantine('cpu#1', 'too hot');
    expect(out.replicas[1]).toMatchObject({ phase: 'quarantined', reason: 'too hot' });
    const back = await admin.release('cpu#1');
    expect(back.replicas[1]).toMatchObject({ phase: 'ready', reason: '' });
  });

  test('is drained for good', async () => {
    const pool = await admin.drain('cpu#0');
    expect(pool.replicas.map(({ slot }) => slot)).toEqual(['cpu#1']);
  });

  test('has to be named', async () => {
    expect(await failureOf('DrainReplica', {})).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: { BadRequest: { field_violations: [{ field: 'slot' }] } },
    });
  });

  test('has to be there', async () => {
    expect(await failureOf('QuarantineReplica', { slot: 'cuda:7' })).toMatchObject({
      code: status.NOT_FOUND,
      message: "no replica runs on 'cuda:7'; there are cpu#0, cpu#1",
      details: {
        ErrorInfo: { reason: 'SLOT_NOT_FOUND' },
        BadRequest: { field_violations: [{ field: 'slot' }] },
      },
    });
  });

  test('stays when it is the last that is ready', async () => {
    await admin.quarantine('cpu#1', '');
    expect(await failureOf('DrainReplica', { slot: 'cpu#0' })).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: { ErrorInfo: { reason: 'LAST_REPLICA' } },
    });
  });

  test('is not given a novel for a reason', async () => {
    expect(
      await failureOf('QuarantineReplica', { slot: 'cpu#0', reason: 'x'.repeat(201) }),
    ).toMatchObject({ message: 'reason: has 201 characters; at most 200' });
  });
});

describe('a model', () => {
  test.each([
    ['', 'INVALID_ARGUMENT'],
    ['/nowhere', 'NOT_FOUND'],
  ])('in the folder %j is refused', async (folder, code) => {
    await expect(admin.loadModel(folder, quiet)).rejects.toMatchObject({ code });
    expect((await admin.poolState()).model).toBe('tiny');
  });
});

test('the log level is set, and the one before it is told', async () => {
  expect(await admin.setLogLevel('debug')).toBe('info');
  expect(level).toBe('debug');
  expect(await failureOf('SetLogLevel', { level: 'loud' })).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: "level: 'loud' is unknown; allowed: debug, info, warn, error, silent",
  });
});

test('the costs that were learnt are shown', async () => {
  const { kinds, replicas } = await admin.costs();
  expect(kinds).toMatchObject([{ kind: 'cpu', runs: 1 }]);
  expect(replicas).toMatchObject([{ slot: 'cpu#0', factor: 1 }]);
});

test.each([
  ['not protobuf', Buffer.from([0xff, 0xff]), /^not a valid protobuf message/],
  ['a field of another type than its own', Buffer.from([0x08, 1]), /fields cannot be told apart/],
  ['more bytes than any request has', Buffer.alloc(65_537), /has 65537 bytes; at most 65536/],
])('a message that is %s is refused with details', async (_, bytes, message) => {
  const client = new Client(server.address, credentials.createInsecure());
  const path = '/slmrank.v1.AdminService/DrainReplica';
  const asIs = (given: Buffer) => given;
  const error = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, bytes, resolve);
  });
  client.close();
  const failure = error === null ? undefined : decodeFailure(error);
  expect(failure?.code).toBe(status.INVALID_ARGUMENT);
  expect(failure?.message).toMatch(message);
  expect(failure?.details).toMatchObject({ ErrorInfo: { reason: 'INVALID_REQUEST' } });
});

test('the address serves nothing else: no ranking, no health', async () => {
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

test('an address that is taken is named with its setting', async () => {
  const options = { models: models.set, log, clock: new FakeClock(), setLogLevel: () => 'info' };
  await expect(
    startAdminServer({
      ...options,
      address: server.address,
      credentials: ServerCredentials.createInsecure(),
    }),
  ).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+ .*SLMRANK_ADMIN_ADDRESS/);
});

test('a connection that ends by a framing error is given back, and the others serve on', async () => {
  const tooLarge = http2Frame(0, 0, 1, { length: 0xff_ff_ff });
  const path = '/slmrank.v1.AdminService/GetPoolState';
  const bad = Array.from({ length: 3 }, () =>
    connectRaw(server.address, beginCall(1, path), tooLarge),
  );
  // The library below says GOAWAY and stays.
  await Promise.all(bad.map(({ closed }) => closed));
  expect((await admin.poolState()).replicas).not.toEqual([]);
});

import { Client, credentials, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AdminClient, createAdminClient } from '../../../src/client/admin-client.ts';
import { parseDeviceSlots } from '../../../src/config/device-slots.ts';
import { parseAdminProtoRoot } from '../../../src/proto/proto-root.ts';
import { type AdminServer, startAdminServer } from '../../../src/server/admin/server.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
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

/** The failure of a unary call, as a client without our code gets it. */
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

test('the pool state has the model and its replicas', async () => {
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
  test('is set by count, and each step is reported', async () => {
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
    [{ devices: 'cuda:0' }, /cuda:0 and cpu#0 would give different scores/],
  ])('refuses %j', async (request, message) => {
    const change = admin.setReplicas(request, quiet);
    await expect(change).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(change).rejects.toThrow(message);
  });

  test('does not change when a replica does not load', async () => {
    models.refused.add('cpu#2');
    const change = admin.setReplicas({ count: 4 }, quiet);
    await expect(change).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(change).rejects.toThrow('cpu#2 did not load: no memory');
    expect((await admin.poolState()).replicas).toHaveLength(2);
  });
});

describe('one replica', () => {
  test('is quarantined, listed with the reason, and released', async () => {
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

  test('has to exist', async () => {
    expect(await failureOf('QuarantineReplica', { slot: 'cuda:7' })).toMatchObject({
      code: status.NOT_FOUND,
      message: "no replica runs on 'cuda:7'; there are cpu#0, cpu#1",
      details: {
        ErrorInfo: { reason: 'SLOT_NOT_FOUND' },
        BadRequest: { field_violations: [{ field: 'slot' }] },
      },
    });
  });

  test('is not drained when it is the last one that is ready', async () => {
    await admin.quarantine('cpu#1', '');
    expect(await failureOf('DrainReplica', { slot: 'cpu#0' })).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: { ErrorInfo: { reason: 'LAST_REPLICA' } },
    });
  });

  test('may have a reason of at most 200 characters', async () => {
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

test('the log level is set, and the previous one is returned', async () => {
  expect(await admin.setLogLevel('debug')).toBe('info');
  expect(level).toBe('debug');
  expect(await failureOf('SetLogLevel', { level: 'loud' })).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: "level: 'loud' is unknown; allowed: debug, info, warn, error, silent",
  });
});

test('the learnt costs are returned', async () => {
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

import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type AdminClient, createAdminClient } from '../../src/client/admin-client.ts';
import { parseAdminProtoRoot } from '../../src/proto/proto-root.ts';
import { listen } from '../../src/server/listen.ts';

interface Stream {
  readonly request: { readonly folder: string };
  readonly getDeadline: () => Date | number;
  readonly write: (progress: object) => void;
  readonly end: () => void;
  readonly emit: (event: 'error', error: object) => void;
}

let server: Server;
let admin: AdminClient;
let change: (call: Stream) => void = () => undefined;

beforeEach(async () => {
  server = new Server();
  server.addService(parseAdminProtoRoot().service, {
    LoadModel: (call: Stream) => change(call),
    SetLogLevel: (_call: object, callback: (error: null, reply: object) => void) =>
      callback(null, { previous: 'warn' }),
  });
  const address = await listen(server, '127.0.0.1:0', ServerCredentials.createInsecure());
  admin = createAdminClient(address, 10_000);
});
afterEach(() => {
  admin.close();
  server.forceShutdown();
});

test('a change reports its steps in order and resolves to its last pool', async () => {
  change = (call) => {
    call.write({ step: `loading ${call.request.folder}` });
    call.write({ step: 'drained', pool: { model: 'old' } });
    call.write({ step: 'done', done: true, pool: { model: 'new' } });
    call.end();
  };
  const steps: string[] = [];
  const pool = await admin.loadModel('/models/new', ({ step }) => steps.push(step));
  expect(steps).toEqual(['loading /models/new', 'drained', 'done']);
  expect(pool.model).toBe('new');
});

test('a change that fails after some steps is an error with its method and status', async () => {
  change = (call) => {
    call.write({ step: 'verifying', pool: { model: 'old' } });
    call.emit('error', { code: status.UNAVAILABLE, details: 'no memory' });
  };
  const steps: string[] = [];
  await expect(
    admin.loadModel('/models/new', ({ step }) => steps.push(step)),
  ).rejects.toMatchObject({
    name: 'CallError',
    code: 'UNAVAILABLE',
    message: 'LoadModel: UNAVAILABLE: no memory',
  });
  expect(steps).toEqual(['verifying']);
});

test('a change has the deadline of the client', async () => {
  const startedAtMs = Date.now();
  let deadlineAtMs = 0;
  change = (call) => {
    deadlineAtMs = Number(call.getDeadline());
    call.write({ step: 'done', pool: {} });
    call.end();
  };
  await admin.loadModel('/models/new', () => undefined);
  expect(deadlineAtMs).toBeGreaterThan(startedAtMs + 8_000);
  expect(deadlineAtMs).toBeLessThanOrEqual(Date.now() + 10_000);
});

test('a unary method resolves to its reply', async () => {
  expect(await admin.setLogLevel('debug')).toBe('warn');
});

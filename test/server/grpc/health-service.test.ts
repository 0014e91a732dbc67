import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { HealthService } from '../../../src/server/grpc/health-service.ts';

type Handler = (call: object, callback?: (...answer: unknown[]) => void) => void;

/** The service's handlers without a server. */
function setUp() {
  const service = new HealthService();
  let added: UntypedServiceImplementation = {};
  service.addToServer({
    addService: (_, methods) => {
      added = methods;
    },
  });
  const handle = (name: string) => added[name] as Handler;
  const watch = (name: string) => {
    const seen: unknown[] = [];
    let onCancelled = (): void => undefined;
    handle('watch')({
      request: { service: name },
      write: (reply: { status: string }) => seen.push(reply.status),
      once: (_event: string, listener: () => void) => {
        onCancelled = listener;
      },
    });
    return { seen, cancel: () => onCancelled() };
  };
  const check = (name: string) =>
    new Promise<unknown>((resolve) =>
      handle('check')({ request: { service: name } }, (error, reply) => resolve(error ?? reply)),
    );
  return { service, watch, check };
}

test('Check has the newest status, and NOT_FOUND with the known names for others', async () => {
  const { service, check } = setUp();
  service.setStatus('', 'SERVING');
  service.setStatus('a.Service', 'NOT_SERVING');
  expect(await check('a.Service')).toEqual({ status: 'NOT_SERVING' });
  service.setStatus('a.Service', 'SERVING');
  expect(await check('a.Service')).toEqual({ status: 'SERVING' });
  expect(await check('b.Service')).toEqual({
    code: status.NOT_FOUND,
    details: "the service 'b.Service' is not here; known are '' (the server) and 'a.Service'",
  });
});

test('a watch gets the status at once and each change until it is cancelled', () => {
  const { service, watch } = setUp();
  service.setStatus('a', 'NOT_SERVING');
  const first = watch('a');
  const second = watch('a');
  service.setStatus('a', 'SERVING');
  first.cancel();
  service.setStatus('a', 'NOT_SERVING');
  expect(first.seen).toEqual(['NOT_SERVING', 'SERVING']);
  expect(second.seen).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
});

test('a watch of an unknown name gets SERVICE_UNKNOWN, and the name is not stored', () => {
  const { service, watch } = setUp();
  const { seen } = watch('nobody');
  service.setStatus('nobody', 'SERVING');
  expect(seen).toEqual(['SERVICE_UNKNOWN']);
});

import { describe, expect, test } from '@jest/globals';
import { type CallKind, CallRoom, kindOf } from '../../../src/server/door/call-room.ts';
import { rankPath, streamPath } from '../../support/raw-grpc/call.ts';

const watchPath = '/grpc.health.v1.Health/Watch';
const checkPath = '/grpc.health.v1.Health/Check';

describe('kinds of calls', () => {
  test.each<[string, CallKind]>([
    [checkPath, 'check'],
    ['/grpc.health.v1.Health/List', 'check'],
    ['/grpc.health.v1.Health/Nothing', 'check'],
    [watchPath, 'watch'],
    [rankPath, 'unary'],
    [streamPath, 'stream'],
    ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', 'stream'],
    ['/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics', 'stream'],
  ])('%s is a %s', (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });

  test('a connection may have few health watches', () => {
    const room = new CallRoom(20_000);
    const origin = { kind: 'watch' as const, isNamed: false, holder: 'h', connection: 'c' };
    for (let i = 0; i < 16; i += 1) {
      room.assertRoom(origin);
      room.enter(origin);
    }
    expect(() => room.assertRoom(origin)).toThrow(
      '16 health watches are open on this connection, which is the limit',
    );
    room.assertRoom({ ...origin, connection: 'another' });
  });

  test('streams leave room for calls with one answer, and calls that have left hold no room', () => {
    const room = new CallRoom(200);
    const origins = Array.from({ length: 180 }, (_, i) => ({
      kind: 'stream' as const,
      isNamed: false,
      holder: `h${i}`,
      connection: `c${i}`,
    }));
    const entered = origins.slice(0, 135);
    entered.forEach((origin) => {
      room.assertRoom(origin);
      room.enter(origin);
    });
    const next = origins.at(-1) as (typeof origins)[number];
    expect(() => room.assertRoom(next)).toThrow('135 streams are open, which is the limit');
    room.assertRoom({ ...next, kind: 'unary' });
    entered.forEach((origin) => room.leave(origin));
    room.assertRoom(next);
  });
});

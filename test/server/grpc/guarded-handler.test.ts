import { connect as connectHttp2 } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, frame, until } from '../../support/raw-grpc/call.ts';
import { startTestServer, type TestServer } from '../../support/serving/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe('a message that cannot be decoded ends its call', () => {
  const good = frame(Buffer.from([0x3a, 0]));
  const bad = frame(Buffer.from([0x0a]));
  const broken = frame(Buffer.from('no gzip'), 1);
  const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const rankStream = '/slmrank.v1.RankingService/RankStream';

  test('even when its client does not end its side', async () => {
    const session = connectHttp2(`http://${server.address}`);
    const { stream, ended } = call(session, { path: reflection });
    stream.write(Buffer.concat([good, good, bad]));
    expect(await ended).toMatchObject({ code: status.INVALID_ARGUMENT });
    session.destroy();
  });

  test.each<[string, string, readonly Buffer[], number]>([
    ['the first of reflection', reflection, [bad], status.INVALID_ARGUMENT],
    ['the second of reflection', reflection, [good, bad], status.INVALID_ARGUMENT],
    ['the third of reflection', reflection, [good, good, bad], status.INVALID_ARGUMENT],
    ['the fourth of reflection', reflection, [good, good, good, bad], status.INVALID_ARGUMENT],
    ['reflection that does not unpack', reflection, [good, good, broken], status.INTERNAL],
    ['a stream that does not unpack', rankStream, [good, good, broken], status.INTERNAL],
    ['a health check', '/grpc.health.v1.Health/Check', [bad], status.INVALID_ARGUMENT],
    ['a health watch', '/grpc.health.v1.Health/Watch', [bad], status.INVALID_ARGUMENT],
  ])('%s', async (_name, path, frames, code) => {
    const session = connectHttp2(`http://${server.address}`);
    const { stream, ended } = call(session, { path, headers: { 'grpc-encoding': 'gzip' } });
    stream.end(Buffer.concat(frames));
    expect(await ended).toMatchObject({ code });
    session.destroy();
    await until(() => server.door.openCalls === 0);
  });
});

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { createLoadReports, intervalOf } from '../../../src/server/grpc/load-report.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';

type Json = Readonly<Record<string, unknown>>;

/** The definitions that the library uses for its own clients. */
const library = `${dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js/package.json'))}/proto`;
const theirs = loadSync('xds/service/orca/v3/orca.proto', {
  keepCase: true,
  includeDirs: [`${library}/xds`, `${library}/protoc-gen-validate`],
});
const report = theirs['xds.data.orca.v3.OrcaLoadReport'] as unknown as MessageTypeDefinition<
  Json,
  Json
>;
const request = theirs['xds.service.orca.v3.OrcaLoadReportRequest'] as unknown as typeof report;

function reportsAt(clock = new FakeClock()) {
  const load = { utilization: 0.75, requestsPerSecond: 12.5, errorsPerSecond: 0.5 };
  return { clock, load, reports: createLoadReports({ read: () => ({ ...load }), clock }) };
}

describe('createLoadReports', () => {
  test("writes a trailer that the library's own definition can read", () => {
    expect(report.deserialize(reportsAt().reports.trailer())).toMatchObject({
      application_utilization: 0.75,
      rps_fractional: 12.5,
      eps: 0.5,
    });
  });

  test('encodes again only when the report is stale', async () => {
    const { clock, load, reports } = reportsAt();
    const first = reports.trailer();
    load.utilization = 1;
    expect(reports.trailer()).toBe(first);
    await clock.advance(100);
    expect(report.deserialize(reports.trailer())).toMatchObject({ application_utilization: 1 });
  });

  test('streams a report at once, then one per interval, until the client cancels', async () => {
    const { clock, load, reports } = reportsAt();
    const server = new Server();
    reports.addToServer(server);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const call = client.makeServerStreamRequest(
      '/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics',
      (message: Json) => request.serialize(message),
      (bytes) => report.deserialize(bytes),
      { report_interval: { seconds: 2, nanos: 0 } },
    );
    call.on('error', () => undefined);
    const next = () => new Promise<Json>((resolve) => call.once('data', resolve));
    expect(await next()).toMatchObject({ application_utilization: 0.75 });
    load.utilization = 0.25;
    const second = next();
    await clock.advance(2000);
    expect(await second).toMatchObject({ application_utilization: 0.25 });
    expect(clock.timers).toBe(1);
    call.cancel();
    while (clock.timers > 0) {
      await settle();
    }
    client.close();
    server.forceShutdown();
  });

  test.each([
    [null, 30_000],
    [{ seconds: '5', nanos: 500_000_000 }, 5500],
    [{ seconds: '0', nanos: 1 }, 1000],
    [{ seconds: '-5', nanos: 0 }, 1000],
    [{ seconds: '9223372036854775807', nanos: 0 }, 3_600_000],
  ])('an interval of %p is %p ms', (reportInterval, ms) => {
    expect(intervalOf({ reportInterval })).toBe(ms);
  });
});

import { clamp } from '../../base/clamp.ts';
import { fileURLToPath } from 'node:url';
import type {
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import type { Clock } from '../../base/clock.ts';
import type { Load } from '../../observe/load-meter.ts';

/** The trailer of ORCA reports (gRFC A51). */
export const loadReportKey = 'endpoint-load-metrics-bin';

const serviceName = 'xds.service.orca.v3.OpenRcaService';
const reportName = 'xds.data.orca.v3.OrcaLoadReport';

/** A report in the loader's form; absent fields are 0. */
interface WireLoadReport {
  readonly applicationUtilization: number;
  readonly rpsFractional: number;
  readonly eps: number;
}

interface WireReportRequest {
  readonly reportInterval: { readonly seconds: string; readonly nanos: number } | null;
}

export interface LoadReportParts {
  readonly read: () => Load;
  readonly clock: Clock;
}

interface ServiceHost {
  addService(service: ServiceDefinition, methods: UntypedServiceImplementation): void;
}

export interface LoadReports {
  /** The current report, encoded for the trailer. */
  trailer(): Buffer;
  /** Adds the service that streams reports. */
  addToServer(server: ServiceHost): void;
}

/** How long an encoded report is reused. It is a mean over seconds, and every call needs one. */
const maxAgeMs = 100;
/** The intervals that a client may ask for; the default is that of grpc-js. */
const intervalMs = { least: 1000, most: 3_600_000, default: 30_000 };

/**
 * ORCA load reports, in trailers and out of band, for clients that balance by weight. The recorders
 * of grpc-js (1.14.7) cannot be used: the one for calls reads the proto files from disk for every
 * call (25 ms of processor time), and the other accepts any interval and also writes to clients
 * that do not read.
 */
export function createLoadReports({ read, clock }: LoadReportParts): LoadReports {
  const { report, service } = loadOrca();
  let encoded: Buffer = Buffer.alloc(0);
  let staleAtMs = Number.NEGATIVE_INFINITY;
  return {
    trailer: () => {
      const nowMs = clock.nowMs();
      if (nowMs >= staleAtMs) {
        encoded = report.serialize(toWireReport(read()));
        staleAtMs = nowMs + maxAgeMs;
      }
      return encoded;
    },
    addToServer: (server) => {
      server.addService(service, {
        streamCoreMetrics: (call: ServerWritableStream<WireReportRequest, WireLoadReport>) =>
          stream(call, read, clock),
      });
    },
  };
}

/** Sends a report at once and then one per interval, but none while the client does not read. */
function stream(
  call: ServerWritableStream<WireReportRequest, WireLoadReport>,
  read: () => Load,
  clock: Clock,
): void {
  const periodMs = intervalOf(call.request);
  let cancelTimer: () => void = () => undefined;
  const report = () => {
    if (!call.writableNeedDrain) {
      call.write(toWireReport(read()));
    }
    cancelTimer = clock.at(clock.nowMs() + periodMs, report);
  };
  call.on('cancelled', () => cancelTimer());
  report();
}

function toWireReport(load: Load): WireLoadReport {
  return {
    applicationUtilization: load.utilization,
    rpsFractional: load.requestsPerSecond,
    eps: load.errorsPerSecond,
  };
}

export function intervalOf({ reportInterval }: WireReportRequest): number {
  if (reportInterval === null) {
    return intervalMs.default;
  }
  const ms = Number(reportInterval.seconds) * 1000 + reportInterval.nanos / 1e6;
  return clamp(ms, intervalMs.least, intervalMs.most);
}

/** The loaded definitions with this file's types. */
function loadOrca() {
  const loaded = loadSync('xds/service/orca/v3/orca.proto', {
    longs: String,
    defaults: true,
    includeDirs: [fileURLToPath(new URL('../../../proto/', import.meta.url))],
  });
  return {
    report: loaded[reportName] as unknown as MessageTypeDefinition<WireLoadReport, unknown>,
    service: loaded[serviceName] as ServiceDefinition,
  };
}

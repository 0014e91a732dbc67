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

/** A report as the loader writes it; what is absent is 0. */
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
  /** The report of now, encoded for the trailer. */
  trailer(): Buffer;
  /** Serves reports out of band. */
  addToServer(server: ServiceHost): void;
}

/** Encoded again after so long: a report is a mean over seconds, and calls come by the thousand. */
const freshMs = 100;
/** What a client may ask for, and what it gets when it asks for nothing (as grpc-js has it). */
const intervalMs = { least: 1000, most: 3_600_000, default: 30_000 };

/**
 * ORCA load reports, in trailers and out of band, for clients that balance by weight. Not grpc-js's own recorders
 * (1.14.7): the one for calls reads the proto files from disk for every call (25 ms of processor time), the other takes
 * any interval that a client asks for and writes whether or not it reads.
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
        staleAtMs = nowMs + freshMs;
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

/** One report at once, then one an interval; none while the client does not read. */
function stream(
  call: ServerWritableStream<WireReportRequest, WireLoadReport>,
  read: () => Load,
  clock: Clock,
): void {
  const everyMs = intervalOf(call.request);
  let callOff: () => void = () => undefined;
  const report = () => {
    if (!call.writableNeedDrain) {
      call.write(toWireReport(read()));
    }
    callOff = clock.at(clock.nowMs() + everyMs, report);
  };
  call.on('cancelled', () => callOff());
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

/** The loaded definitions with the types of this file. */
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

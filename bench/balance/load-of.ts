import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';

/** A server's report of its load (ORCA). */
export interface Load {
  readonly applicationUtilization: number;
  readonly cpuUtilization: number;
  readonly rpsFractional: number;
  readonly eps: number;
}

const loaded = loadSync('xds/service/orca/v3/orca.proto', {
  defaults: true,
  includeDirs: [projectFolder('proto')],
});
const service = loaded['xds.service.orca.v3.OpenRcaService'] as ServiceDefinition;
const { StreamCoreMetrics: method } = service as Record<'StreamCoreMetrics', never>;

interface ReportMethod {
  readonly path: string;
  readonly requestSerialize: (request: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Load;
}

const { path, requestSerialize, responseDeserialize } = method as ReportMethod;
export const reportMethod = {
  path,
  serialize: requestSerialize,
  deserialize: responseDeserialize,
};

/** The weight that gRFC A58 makes of a report. */
export function weightOf({ applicationUtilization, cpuUtilization, rpsFractional, eps }: Load) {
  const utilization = applicationUtilization || cpuUtilization;
  return utilization > 0 && rpsFractional > 0
    ? rpsFractional / (utilization + eps / rpsFractional)
    : 0;
}

import type { Traces } from './traces.ts';

/** The environment. Only the variables of OpenTelemetry's OTLP exporter are read. */
export type TraceVariables = Readonly<Record<string, string | undefined>>;

/**
 * Traces over OTLP when an endpoint is given. Without one it resolves to undefined and
 * OpenTelemetry is not loaded.
 *
 * @throws Error for an unsupported protocol.
 */
export async function openTraces(
  env: TraceVariables,
  version: string,
): Promise<Traces | undefined> {
  const find = (name: string) => (env[name] === '' ? undefined : env[name]);
  const endpoint =
    find('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? find('OTEL_EXPORTER_OTLP_ENDPOINT');
  const isOff =
    find('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || find('OTEL_TRACES_EXPORTER') === 'none';
  if (endpoint === undefined || isOff) {
    return undefined;
  }
  const protocol =
    find('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? find('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== undefined && protocol !== 'http/protobuf') {
    throw new Error(
      `OTEL_EXPORTER_OTLP_PROTOCOL is '${protocol}'; traces are exported by 'http/protobuf' only (usually port 4318)`,
    );
  }
  const { createTraces } = await import('./traces.ts');
  return createTraces({ version });
}

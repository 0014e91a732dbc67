import {
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ServingEvent, Tell } from '../../domain/events.ts';
import { findTraceParent } from './traceparent.ts';

// This module is loaded only when traces are exported: see `openTraces`.

type Ended = Extract<ServingEvent, { kind: 'ended' }>;

export interface Traces {
  readonly tell: Tell;
  /** Exports the remaining spans. */
  close(): Promise<void>;
}

export interface TraceOptions {
  readonly version: string;
  /** By default an OTLP exporter, configured by the standard variables. */
  readonly exporter?: SpanExporter;
  readonly processor?: (exporter: SpanExporter) => SpanProcessor;
}

/**
 * Makes spans of a request when it has ended: a root span for the call, with its stages as
 * children. The library reads its standard variables itself: endpoint, headers, sampler,
 * OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
 */
export function createTraces(options: TraceOptions): Traces {
  const { version, exporter = new OTLPTraceExporter() } = options;
  const processor = options.processor?.(exporter) ?? new BatchSpanProcessor(exporter);
  const own = resourceFromAttributes({ 'service.name': 'slmrank', 'service.version': version });
  const provider = new BasicTracerProvider({
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('slmrank', version);
  return {
    tell: (event) => {
      if (event.kind === 'ended') {
        traceRequest(tracer, event);
      }
    },
    close: () => provider.shutdown(),
  };
}

function traceRequest(tracer: Tracer, event: Ended): void {
  const { method, startedAtMs, outcome, reason } = event;
  const endedAtMs = startedAtMs + event.totalMs;
  const root = tracer.startSpan(
    `slmrank.v1.RankingService/${method}`,
    { kind: SpanKind.SERVER, startTime: toTime(startedAtMs), attributes: attributesOf(event) },
    parentOf(event.traceparent),
  );
  if (outcome === 'failed' || outcome === 'expired') {
    root.setStatus({ code: SpanStatusCode.ERROR, ...(reason && { message: reason }) });
  }
  const context = trace.setSpan(ROOT_CONTEXT, root);
  for (const { name, startAtMs, endAtMs } of stagesOf(event)) {
    tracer.startSpan(name, { startTime: toTime(startAtMs) }, context).end(toTime(endAtMs));
  }
  root.end(toTime(endedAtMs));
}

function attributesOf(event: Ended) {
  const { method, requestId, client, priority, outcome, reason } = event;
  return {
    'rpc.system': 'grpc',
    'rpc.service': 'slmrank.v1.RankingService',
    'rpc.method': method,
    'slmrank.request_id': requestId,
    'slmrank.client': client,
    'slmrank.priority': priority,
    'slmrank.outcome': outcome,
    ...(reason === undefined ? {} : { 'slmrank.reason': reason }),
    'slmrank.candidates': event.candidates,
    'slmrank.scored': event.scored,
    'slmrank.cached': event.cached,
    'slmrank.truncated': event.truncated,
    'slmrank.packed_tokens': event.packedTokens,
    'slmrank.in_time': event.inTime,
  };
}

/**
 * The stages one after the other, without those that took no time. The runs of a large request
 * overlap its waiting, so the stages together may be longer than the request: its end cuts them.
 */
function stagesOf({ startedAtMs, totalMs, encodeMs, queueMs, runMs }: Ended) {
  const lengths = [
    { name: 'encode', ms: encodeMs },
    { name: 'queue', ms: queueMs },
    { name: 'run', ms: runMs },
  ];
  const lastAtMs = startedAtMs + totalMs;
  let startAtMs = startedAtMs;
  return lengths.flatMap(({ name, ms }) => {
    const stage = { name, startAtMs, endAtMs: Math.min(startAtMs + ms, lastAtMs) };
    startAtMs = stage.endAtMs;
    return ms > 0 ? [stage] : [];
  });
}

function parentOf(traceparent: string | undefined): Context {
  const parent = findTraceParent(traceparent);
  if (parent === undefined) {
    return ROOT_CONTEXT;
  }
  const { traceId, spanId, flags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags,
    isRemote: true,
  });
}

/**
 * Seconds and nanoseconds. The library would read a small plain number as the time since the
 * process began.
 */
function toTime(unixAtMs: number): HrTime {
  const seconds = Math.floor(unixAtMs / 1000);
  return [seconds, Math.round((unixAtMs - seconds * 1000) * 1e6)];
}

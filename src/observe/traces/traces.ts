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

// Loaded only when traces are exported; see `openTraces`.

type Ended = Extract<ServingEvent, { kind: 'ended' }>;

export interface Traces {
  readonly tell: Tell;
  /** Exports what is left. */
  close(): Promise<void>;
}

export interface TraceOptions {
  readonly version: string;
  /** Where spans go; OTLP by the standard variables when absent. */
  readonly exporter?: SpanExporter;
  readonly processor?: (exporter: SpanExporter) => SpanProcessor;
}

/**
 * Spans made of ended requests, after the fact: a root for the call with its stages as children. The library reads its
 * standard variables itself: endpoint, headers, sampler, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
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
  const { method, startedMs, outcome, reason } = event;
  const endedMs = startedMs + event.totalMs;
  const root = tracer.startSpan(
    `slmrank.v1.RankingService/${method}`,
    { kind: SpanKind.SERVER, startTime: toTime(startedMs), attributes: attributesOf(event) },
    parentOf(event.traceparent),
  );
  if (outcome === 'failed' || outcome === 'expired') {
    root.setStatus({ code: SpanStatusCode.ERROR, ...(reason && { message: reason }) });
  }
  const context = trace.setSpan(ROOT_CONTEXT, root);
  for (const { name, startMs, endMs } of stagesOf(event)) {
    tracer.startSpan(name, { startTime: toTime(startMs) }, context).end(toTime(endMs));
  }
  root.end(toTime(endedMs));
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
 * The stages one after the other, those of no length left out. Runs of a large request overlap with its waiting: then
 * the parts are shown in the order in which they begin, and end with the request at the latest.
 */
function stagesOf({ startedMs, totalMs, encodeMs, queueMs, runMs }: Ended) {
  const lengths = [
    { name: 'encode', ms: encodeMs },
    { name: 'queue', ms: queueMs },
    { name: 'run', ms: runMs },
  ];
  const lastMs = startedMs + totalMs;
  let startMs = startedMs;
  return lengths.flatMap(({ name, ms }) => {
    const stage = { name, startMs, endMs: Math.min(startMs + ms, lastMs) };
    startMs = stage.endMs;
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
    ...{ traceId, spanId, traceFlags: flags },
    isRemote: true,
  });
}

/** Seconds and nanoseconds: a plain number would be taken for time since the process began when it is small. */
function toTime(unixMs: number): HrTime {
  const seconds = Math.floor(unixMs / 1000);
  return [seconds, Math.round((unixMs - seconds * 1000) * 1e6)];
}

import {
  constants,
  monitorEventLoopDelay,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { pauseKinds } from './metric-table.ts';
import type { MetricRegistry } from './registry.ts';

export interface BuildInfo {
  readonly version: string;
  readonly model: string;
  readonly fingerprint: string;
  readonly precision: string;
  readonly provider: string;
}

/** The timer's interval. Every sample contains it, and shorter delays cannot be seen. */
const resolutionMs = 10;

/**
 * Measures the process: memory and CPU time at every scrape, garbage collections when they happen,
 * the lag of the event loop once a second. Returns a function that stops the measuring.
 */
export function measureProcess(registry: MetricRegistry, readBuild: () => BuildInfo): () => void {
  registry.onScrape('slmrank_build_info', () => [
    [{ ...readBuild(), node: process.versions.node }, 1],
  ]);
  registry.gauge('slmrank_process_start_time_seconds')(performance.timeOrigin / 1000);
  readAtScrape(registry);
  const stops = [measureLag(registry), measurePauses(registry)];
  return () => stops.forEach((stop) => stop());
}

function readAtScrape(registry: MetricRegistry): void {
  registry.onScrape('slmrank_process_memory_bytes', () => {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    return [
      [{ kind: 'rss' }, rss],
      [{ kind: 'heap_used' }, heapUsed],
      [{ kind: 'heap_total' }, heapTotal],
      [{ kind: 'external' }, external],
      [{ kind: 'array_buffers' }, arrayBuffers],
    ];
  });
  registry.onScrape('slmrank_process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
  registry.onScrape('slmrank_event_loop_active_seconds_total', () => {
    return [[{}, performance.eventLoopUtilization().active / 1000]];
  });
}

/**
 * A histogram, because a gauge of the largest lag since the last scrape would be wrong with several
 * scrapers.
 */
function measureLag(registry: MetricRegistry): () => void {
  const observe = registry.histogram('slmrank_event_loop_lag_seconds');
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const timer = setInterval(() => {
    observe(Math.max(0, delays.max / 1e9 - resolutionMs / 1000));
    delays.reset();
  }, 1000).unref();
  return () => {
    clearInterval(timer);
    delays.disable();
  };
}

type PauseKind = (typeof pauseKinds)[number];

const kindOf: ReadonlyMap<number | undefined, PauseKind> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callback'],
]);

function measurePauses(registry: MetricRegistry): () => void {
  const observers = new Map(
    pauseKinds.map((kind) => [kind, registry.histogram('slmrank_gc_pause_seconds', { kind })]),
  );
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      observers.get(parseKind(entry))?.(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function parseKind(entry: object): PauseKind {
  const { detail } = entry as { readonly detail?: { readonly kind?: number } };
  return kindOf.get(detail?.kind) ?? 'major';
}

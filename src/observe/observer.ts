import type { Clock } from '../base/clock.ts';
import type { Tell } from '../domain/events.ts';
import { logEvents } from './event-log.ts';
import { createLoadMeter, type Load } from './load-meter.ts';
import type { Log } from './log.ts';
import type { WatchedMethods, WatchedName, WatchedReasons } from './metrics/metric-table.ts';
import { countEvents, countValkey } from './metrics/metrics.ts';
import { openTraces, type TraceVariables } from './traces/open-traces.ts';
import { type BuildInfo, measureProcess } from './metrics/process-metrics.ts';
import { type KnownLabels, MetricRegistry } from './metrics/registry.ts';

export interface ObserverOptions extends KnownLabels {
  readonly build: BuildInfo;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The environment, for OpenTelemetry's standard variables. */
  readonly env: TraceVariables;
}

export interface Observer {
  /** Makes metrics, log lines and spans of a serving event. Never throws. */
  readonly tell: Tell;
  /** Reads the value at every scrape. For a counter, `read` returns the total. */
  watch(name: WatchedName, read: () => number | Promise<number>): void;
  /** The same for counts by reason. */
  watchReasons(name: WatchedReasons, read: () => ReadonlyMap<string, number>): void;
  /** The same for counts by method. */
  watchMethods(name: WatchedMethods, read: () => Promise<ReadonlyMap<string, number>>): void;
  /** The current load. */
  load(): Load;
  /** The exposition in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Stops measuring and exports the remaining spans. */
  close(): Promise<void>;
}

/** Listens to serving events. @throws Error when the variables for traces are unusable. */
export async function createObserver(options: ObserverOptions): Promise<Observer> {
  const { build, log, env } = options;
  const traces = await openTraces(env, build.version);
  const registry = new MetricRegistry(options);
  const meter = createLoadMeter(options.clock);
  let serving = build;
  const follow: Tell = (event) => {
    if (event.kind === 'model') {
      const { model, fingerprint, precision } = event;
      serving = { ...serving, model, precision, fingerprint: shortFingerprint(fingerprint) };
    }
  };
  const counting = [countEvents(registry), countValkey(registry)];
  const listeners = [...counting, meter.tell, logEvents(options), follow];
  if (traces !== undefined) {
    listeners.push(traces.tell);
  }
  const stopMeasuring = measureProcess(registry, () => serving);
  return {
    tell: tellAll(listeners, log),
    watch: (name, read) => registry.onScrape(name, async () => [[{}, await read()]]),
    watchReasons: (name, read) =>
      registry.onScrape(name, () => [...read()].map(([reason, count]) => [{ reason }, count])),
    watchMethods: (name, read) =>
      registry.onScrape(name, async () =>
        [...(await read())].map(([method, count]) => [{ method }, count]),
      ),
    load: () => meter.read(),
    metrics: () => registry.text(),
    close: async () => {
      stopMeasuring();
      await traces?.close().catch((error: unknown) => {
        log.warn({ err: error }, 'the last traces were not exported');
      });
    },
  };
}

/** The start of a fingerprint, long enough to distinguish models in a label. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

/**
 * An error of a listener must not fail the request whose event it handles. The first error of each
 * listener is logged.
 */
function tellAll(listeners: readonly Tell[], log: Log): Tell {
  const broken = new Set<Tell>();
  return (event) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        if (!broken.has(listener)) {
          broken.add(listener);
          log.error(
            { err: error, kind: event.kind },
            'a serving event was not observed; this is a bug',
          );
        }
      }
    }
  };
}

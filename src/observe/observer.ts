import type { Clock } from '../base/clock.ts';
import type { Tell } from '../domain/events.ts';
import { logEvents } from './event-log.ts';
import { createLoadMeter, type Load } from './load-meter.ts';
import type { Log } from './log.ts';
import type { WatchedName, WatchedReasons } from './metrics/metric-table.ts';
import { countEvents } from './metrics/metrics.ts';
import { openTraces, type TraceVariables } from './traces/open-traces.ts';
import { type BuildInfo, measureProcess } from './metrics/process-metrics.ts';
import { type KnownLabels, MetricRegistry } from './metrics/registry.ts';

export interface ObserverOptions extends KnownLabels {
  readonly build: BuildInfo;
  readonly log: Log;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Where OpenTelemetry's standard variables are read. */
  readonly env: TraceVariables;
}

export interface Observer {
  /** Makes metrics, log lines and spans of a fact. Never throws. */
  readonly tell: Tell;
  /** Reads the number at every scrape; of counters it is the total so far. */
  watch(name: WatchedName, read: () => number): void;
  /** The same for counts by reason. */
  watchReasons(name: WatchedReasons, read: () => ReadonlyMap<string, number>): void;
  /** How loaded the server is now. */
  load(): Load;
  /** The exposition in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Stops measuring, exports the spans that are left. */
  close(): Promise<void>;
}

/** The one listener of the serving path. @throws Error when the variables for traces are unusable. */
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
  const listeners = [countEvents(registry), meter.tell, logEvents(options), follow];
  if (traces !== undefined) {
    listeners.push(traces.tell);
  }
  const stopMeasuring = measureProcess(registry, () => serving);
  return {
    tell: tellAll(listeners, log),
    watch: (name, read) => registry.onScrape(name, () => [[{}, read()]]),
    watchReasons: (name, read) =>
      registry.onScrape(name, () => [...read()].map(([reason, count]) => [{ reason }, count])),
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

/** Enough to tell models apart in a label. */
export function shortFingerprint(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

/** A fault of a listener must not reach the request that the fact is about; it is logged once, with the first fact. */
function tellAll(listeners: readonly Tell[], log: Log): Tell {
  const broken = new Set<Tell>();
  return (event) => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        if (!broken.has(listener)) {
          broken.add(listener);
          log.error({ err: error, kind: event.kind }, 'a fact was not observed; this is a bug');
        }
      }
    }
  };
}

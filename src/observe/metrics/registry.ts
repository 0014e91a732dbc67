import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { eventMetrics, type MetricName, metricTable, processMetrics } from './metric-table.ts';
import type { MetricSpec } from './metric-spec.ts';

type Labels = Record<string, string>;
/** Values of a metric by their labels. */
type Series = readonly (readonly [Labels, number])[];

type Named<Type extends MetricSpec['type']> = {
  [Name in MetricName]: (typeof metricTable)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/**
 * Values of the labels 'replica' and 'bucket', whose series exist from the start with the value 0.
 */
export interface KnownLabels {
  readonly replicas: readonly string[];
  readonly buckets: readonly number[];
}

export const textType = 'text/plain; version=0.0.4; charset=utf-8';
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/**
 * The metrics of `metricTable`. Series with known labels start at 0. A watched metric exists once
 * `onScrape` has its reader.
 */
export class MetricRegistry {
  readonly #registry = new Registry();
  #known: KnownLabels;
  readonly #counters = new Map<MetricName, Counter>();
  readonly #gauges = new Map<MetricName, Gauge>();
  readonly #histograms = new Map<MetricName, Histogram>();

  constructor(known: KnownLabels) {
    this.#known = known;
    for (const name of namesOf({ ...eventMetrics, ...processMetrics })) {
      if (isOf('counter', name)) {
        this.#counter(name);
      } else if (isOf('gauge', name)) {
        this.#gauge(name);
      } else if (isOf('histogram', name)) {
        this.#histogram(name);
      }
    }
  }

  /** Adds series for the buckets of another model, at 0. The earlier series stay. */
  expectBuckets(buckets: readonly number[]): void {
    const before = new Set(this.#known.buckets);
    const added = buckets.filter((bucket) => !before.has(bucket));
    this.#known = { ...this.#known, buckets: [...before, ...added] };
    const zeroes = { replicas: this.#known.replicas, buckets: added };
    this.#zero(this.#counters, zeroes, (metric, labels) => metric.inc(labels, 0));
    this.#zero(this.#histograms, zeroes, (metric, labels) => metric.zero(labels));
  }

  /** Removes the replica's series. Later counts for it start at 0 again. */
  forgetReplica(replica: string): void {
    const replicas = this.#known.replicas.filter((known) => known !== replica);
    const gone = { ...this.#known, replicas: [replica] };
    this.#known = { ...this.#known, replicas };
    for (const made of [this.#counters, this.#gauges, this.#histograms]) {
      for (const [name, metric] of made) {
        const { labels } = metricTable[name];
        if ('replica' in labels) {
          combine(labels, gone).forEach((series) => metric.remove(series));
        }
      }
    }
  }

  /** One series of a counter. The labels are looked up once, here. */
  counter(name: Named<'counter'>, labels: Labels = {}): (value: number) => void {
    const child = this.#counter(name).labels(labels);
    return (value) => child.inc(value);
  }

  gauge(name: Named<'gauge'>, labels: Labels = {}): (value: number) => void {
    const child = this.#gauge(name).labels(labels);
    return (value) => child.set(value);
  }

  histogram(name: Named<'histogram'>, labels: Labels = {}): (value: number) => void {
    const child = this.#histogram(name).labels(labels);
    return (value) => child.observe(value);
  }

  /**
   * Reads the series at every scrape. A later reader for the same name replaces the earlier one.
   */
  onScrape(name: Named<'counter' | 'gauge'>, read: () => Series | Promise<Series>) {
    const made = this.#counterOrGauge(name);
    // The library calls `collect` before it writes the values, and waits for it.
    Object.assign(made, {
      collect: async () => {
        const series = await read();
        made.reset();
        combine(metricTable[name].labels, this.#known).forEach((labels) => made.inc(labels, 0));
        for (const [labels, value] of series) {
          made.inc(labels, value);
        }
      },
    });
  }

  /** The exposition in Prometheus' text format. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  /** Adds the series of new buckets at 0. Only metrics with the label 'bucket' have such series. */
  #zero<Made>(
    made: ReadonlyMap<MetricName, Made>,
    known: KnownLabels,
    zero: (metric: Made, labels: Labels) => void,
  ): void {
    for (const [name, metric] of made) {
      const { labels } = metricTable[name];
      if ('bucket' in labels) {
        combine(labels, known).forEach((series) => zero(metric, series));
      }
    }
  }

  #counterOrGauge(name: Named<'counter' | 'gauge'>): Counter | Gauge {
    return isOf('counter', name) ? this.#counter(name) : this.#gauge(name);
  }

  #counter(name: Named<'counter'>): Counter {
    return this.#make(
      this.#counters,
      name,
      (options) => new Counter(options),
      (metric, labels) => metric.inc(labels, 0),
    );
  }

  #gauge(name: Named<'gauge'>): Gauge {
    return this.#make(
      this.#gauges,
      name,
      (options) => new Gauge(options),
      (metric, labels) => metric.set(labels, 0),
    );
  }

  #histogram(name: Named<'histogram'>): Histogram {
    const { buckets } = metricTable[name];
    return this.#make(
      this.#histograms,
      name,
      (options) => new Histogram({ ...options, buckets: [...buckets] }),
      (metric, labels) => metric.zero(labels),
    );
  }

  #make<Made>(
    made: Map<MetricName, Made>,
    name: MetricName,
    create: (options: Options) => Made,
    zero: (metric: Made, labels: Labels) => void,
  ): Made {
    const known = made.get(name);
    if (known !== undefined) {
      return known;
    }
    const { help, labels } = metricTable[name];
    const labelNames = Object.keys(labels);
    const metric = create({ name, help, labelNames, registers: [this.#registry] });
    combine(labels, this.#known).forEach((series) => zero(metric, series));
    made.set(name, metric);
    return metric;
  }
}

interface Options {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

/**
 * The same exposition in the OpenMetrics format. The library's own OpenMetrics registry cannot be
 * used: it renames the metrics themselves, so that the other format loses `_total` (prom-client
 * 15.1.3, registry.js, metrics()).
 */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const described = lines.map((line) =>
    line.replace(/^# (HELP|TYPE) (\S+)_total /, '# $1 $2 ').replace(/ Nan$/, ' NaN'),
  );
  return `${described.join('\n')}\n# EOF\n`;
}

function isOf<Name extends MetricName, Type extends MetricSpec['type']>(
  type: Type,
  name: Name,
): name is Name & Named<Type> {
  return metricTable[name].type === type;
}

function namesOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(table) as Name[];
}

/** All combinations of the labels' known values; none when a label is open. */
function combine(labels: MetricSpec['labels'], known: KnownLabels): Labels[] {
  let series: Labels[] = [{}];
  for (const [label, values] of Object.entries(labels)) {
    const all = valuesOf(values, known);
    series = series.flatMap((one) => all.map((value) => ({ ...one, [label]: value })));
  }
  return series;
}

function valuesOf(values: MetricSpec['labels'][string], known: KnownLabels): readonly string[] {
  switch (values) {
    case 'replica':
      return known.replicas;
    case 'bucket':
      return known.buckets.map(String);
    case 'open':
      return [];
    default:
      return values;
  }
}

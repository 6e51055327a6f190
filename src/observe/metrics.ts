/**
 * The metrics in Prometheus' text format, by prom-client. Layers count in plain fields, and `collect` copies
 * them when somebody scrapes, so that a query pays nothing for being measured.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import {
  COUNTERS,
  type Definition,
  GAUGES,
  type HistogramDefinition,
  HISTOGRAMS,
} from "./metric-definitions.ts";
import type { ResolverFigures } from "./resolver-figures.ts";

export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}

export interface MetricsOptions {
  /** Read once a scrape. */
  readonly figures: () => ResolverFigures;
  readonly version: string;
  /** Whether prom-client's own metrics of the process and of Node are there too. */
  readonly processMetrics: boolean;
}

export function createMetrics({ figures, version, processMetrics }: MetricsOptions): Metrics {
  const registry = new Registry();
  // The numbers of one page belong to one moment.
  let reading: ResolverFigures;
  for (const definition of COUNTERS) addCounter(registry, definition, () => reading);
  for (const definition of GAUGES) addGauge(registry, definition, () => reading);
  addBuildInfo(registry, version);
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    render: async () => {
      reading = figures();
      const histograms = HISTOGRAMS.map((definition) => histogramText(definition, reading));
      return `${await registry.metrics()}\n${histograms.join("\n")}`;
    },
  };
}

function addCounter(registry: Registry, definition: Definition, reading: () => ResolverFigures): void {
  new Counter({
    name: definition.name,
    help: definition.help,
    labelNames: [...definition.labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, value } of definition.samples(reading())) this.inc({ ...labels }, value);
    },
  });
}

function addGauge(registry: Registry, definition: Definition, reading: () => ResolverFigures): void {
  new Gauge({
    name: definition.name,
    help: definition.help,
    labelNames: [...definition.labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, value } of definition.samples(reading())) this.set({ ...labels }, value);
    },
  });
}

function addBuildInfo(registry: Registry, version: string): void {
  new Gauge({
    name: "sotto_build_info",
    help: "Always 1; the label says what is running.",
    labelNames: ["version"],
    registers: [registry],
  }).set({ version }, 1);
}

/** prom-client's histograms cannot be filled from counts, so this one type is rendered here. */
function histogramText({ name, help, label, series }: HistogramDefinition, figures: ResolverFigures): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const [value, { bounds, counts, sum, count }] of series(figures)) {
    const labels = `${label}="${escaped(value)}"`;
    let cumulative = 0;
    for (const [bucket, bound] of bounds.entries()) {
      cumulative += counts[bucket] ?? 0;
      lines.push(`${name}_bucket{le="${bound}",${labels}} ${cumulative}`);
    }
    lines.push(`${name}_bucket{le="+Inf",${labels}} ${count}`);
    lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
  }
  return `${lines.join("\n")}\n`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

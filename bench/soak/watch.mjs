/**
 * Loaded into the program under soak (`node --import`): once a second a line of JSON with its memory and how late
 * its event loop was, to the file in $SOAK_SAMPLES.
 */
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Milliseconds between looks; each look is that late at least. */
const RESOLUTION = 1;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();

setInterval(() => {
  const late = (percentile) => delay.percentile(percentile) / 1e6 - RESOLUTION;
  const sample = {
    rss: process.memoryUsage.rss() / 2 ** 20,
    p50: late(50),
    p99: late(99),
    most: delay.max / 1e6 - RESOLUTION,
  };
  delay.reset();
  appendFileSync(process.env.SOAK_SAMPLES, `${JSON.stringify(sample)}\n`);
}, 1_000).unref();

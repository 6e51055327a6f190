import { describe, expect, it } from "vitest";
import { addFigures, countedBy } from "../../../src/observe/added-figures.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { busyFigures } from "../../support/resolver-figures.ts";

/** Samples by name and labels, as on the page. */
async function page(figures: ReturnType<typeof busyFigures>): Promise<Map<string, number>> {
  const metrics = createMetrics({ figures: () => figures, version: "0", processMetrics: false });
  const lines = (await metrics.render()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [sample = "", value = ""] = line.split(/ (?=\S+$)/u);
      return [sample, Number(value)];
    }),
  );
}

describe("figures of several processes", () => {
  it("are twice those of one in every sample of the page, where two are alike", async () => {
    const one = await page(busyFigures());

    const two = await page(addFigures([busyFigures(), busyFigures()]));

    one.delete('sotto_build_info{version="0"}');
    for (const [sample, value] of one) expect([sample, two.get(sample)]).toEqual([sample, 2 * value]);
  });

  it("hold what only one of them has seen", () => {
    const [known, ...others] = busyFigures().upstreams;
    const first = busyFigures({ responses: { NOERROR: 1 }, upstreams: [known!] });
    const second = busyFigures({ responses: { REFUSED: 2 }, upstreams: others });

    const sum = addFigures([first, second]);

    expect(sum.responses).toEqual({ NOERROR: 1, REFUSED: 2 });
    expect(sum.upstreams.map(({ label }) => label)).toEqual(["first", 'second "quoted"\\']);
  });

  it("keep what an ended process counted, and nothing that it held", () => {
    const { queries, cache, upstreams } = countedBy(busyFigures());

    expect(queries).toEqual(busyFigures().queries);
    expect([cache.hits, cache.entries, cache.bytes]).toEqual([7_200, 0, 0]);
    expect(upstreams.map(({ connections }) => connections)).toEqual([{}, {}]);
  });
});

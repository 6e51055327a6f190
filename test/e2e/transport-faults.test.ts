/** One of two servers fails in use: clients do not notice. How soon is measured by `test/field`. */
import { describe, expect, it } from "vitest";
import { FAULTS, inUse, rehearse } from "../support/rehearsal.ts";
import { type RigServer, startNumbered, startRig } from "../support/transport-rig.ts";

const LAYOUTS = [
  { layout: "replicas of one operator", operators: ["one", "one"] },
  { layout: "two operators", operators: ["one", "other"] },
] as const;

/** With operators kept apart a second one is not asked because the first says SERVFAIL. */
const rows = Object.keys(FAULTS).flatMap((fault) =>
  LAYOUTS.filter(({ layout }) => !(fault.startsWith("answers") && layout === "two operators")).map(
    (layout) => ({
      fault,
      ...layout,
    }),
  ),
);

describe.concurrent("one of two servers", () => {
  it.each(rows)("that $fault costs no query: $layout", async ({ fault, layout, operators }) => {
    const servers = [await startNumbered({ delayMs: 20 }), await startNumbered({ delayMs: 20 })];
    const options: RigServer[] = servers.map(({ address }, nth) => ({
      operator: operators[nth] ?? "",
      addresses: [address],
    }));
    const rig = await startRig(options);

    const { first, after } = await rehearse(rig.client, `${fault}, ${layout}`, 1, async () => {
      await FAULTS[fault]?.(inUse(servers));
    });
    await rig.close();
    for (const server of servers) await server.close();

    expect(first).toMatchObject({ right: first.sent, servfail: 0, lost: 0, wrong: 0 });
    expect(after).toMatchObject({ right: after.sent, servfail: 0, lost: 0, wrong: 0 });
  });
});

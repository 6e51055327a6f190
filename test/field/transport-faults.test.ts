/** How soon clients are well again after one of two servers has failed in use: real time, a machine of its own. */
import { connect, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startLabProcess } from "../support/lab-process.ts";
import { FAULTS, inUse, type Rehearsal, rehearse } from "../support/rehearsal.ts";
import { startNumbered, startRig } from "../support/transport-rig.ts";

/** Milliseconds before an upstream's answer, on loopback. */
const DELAY = 20;
const SECONDS = 4;

const LAYOUTS = [
  { layout: "replicas of one operator", operators: ["one", "one"] },
  { layout: "two operators", operators: ["one", "other"] },
] as const;

const rows = Object.keys(FAULTS).flatMap((fault) =>
  LAYOUTS.filter(({ layout }) => !(fault.startsWith("answers") && layout === "two operators")).map(
    (layout) => ({
      fault,
      ...layout,
    }),
  ),
);

function expectNoHarm({ normal, first, after }: Rehearsal): void {
  for (const figures of [normal, first, after]) {
    expect(figures).toMatchObject({ right: figures.sent, servfail: 0, lost: 0, wrong: 0 });
  }
  expect(first.p99).toBeLessThan(1_500);
  expect(after.p99).toBeLessThan(2 * normal.p99);
}

describe("one of two servers", () => {
  it.each(rows)(
    "that $fault is noticed for a second at most: $layout",
    async ({ fault, layout, operators }) => {
      const servers = [await startNumbered({ delayMs: DELAY }), await startNumbered({ delayMs: DELAY })];
      const rig = await startRig(
        servers.map(({ address }, nth) => ({ operator: operators[nth] ?? "", addresses: [address] })),
      );

      const rehearsal = await rehearse(rig.client, `${fault}, ${layout}`, SECONDS, () =>
        FAULTS[fault]?.(inUse(servers)),
      );
      await rig.close();
      for (const server of servers) await server.close();

      expectNoHarm(rehearsal);
    },
  );

  it.each(LAYOUTS)(
    "that becomes a black hole is noticed for a second at most: $layout",
    async ({ layout, operators }) => {
      const args = ["--numbered", "--delay", String(DELAY)];
      const labs = [await startLabProcess(args), await startLabProcess(args)];
      const rig = await startRig(
        labs.map(({ address }, nth) => ({ operator: operators[nth] ?? "", addresses: [address] })),
        [],
        labs.map(({ caFile }) => readFileSync(caFile, "utf8")).join("\n"),
      );
      let held: Socket[] = [];
      let stopped = labs[0]!;

      const rehearsal = await rehearse(rig.client, `is a black hole, ${layout}`, SECONDS, async () => {
        const [a = 0, b = 0] = await Promise.all(labs.map(async (lab) => (await lab.counters()).queries));
        stopped = labs[a >= b ? 0 : 1]!;
        process.kill(stopped.pid, "SIGSTOP");
        held = await fillBacklog(stopped.port);
      });
      for (const socket of held) socket.destroy();
      process.kill(stopped.pid, "SIGCONT");
      await rig.close();
      for (const lab of labs) await lab.stop();

      expectNoHarm(rehearsal);
    },
  );
});

/** Connections until the kernel takes no more for a stopped process: from then on it ignores every SYN. */
async function fillBacklog(port: number): Promise<Socket[]> {
  const sockets = Array.from({ length: 600 }, () => connect(port, "127.0.0.1"));
  for (const socket of sockets) socket.on("error", () => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  return sockets;
}

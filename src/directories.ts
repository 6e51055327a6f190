/**
 * Makes directories for what outlives the process.
 *
 * Not by `mkdir` with `recursive`: where a file system says ENOENT to a directory whose parent is there, as /proc does,
 * Node makes the parent again and tries again, for ever.
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the directory, and those above it that are not there, each for this user alone.
 * @returns whether it was made now.
 */
export function makeDirectory(path: string): boolean {
  try {
    return makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    makeDirectory(parent);
    // A second ENOENT is not for want of a parent.
    return makeOne(path);
  }
}

function makeOne(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    // EEXIST mostly; other systems have other words, such as EISDIR for the root.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw error;
  }
}

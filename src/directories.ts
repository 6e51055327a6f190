/**
 * Makes directories and files for what outlives the process.
 *
 * Directories not by `mkdir` with `recursive`: where a file system says ENOENT to a directory whose parent is there, as /proc does,
 * Node makes the parent again and tries again, for ever.
 */
import { lchownSync, mkdirSync, type Stats, statSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Who files and directories are for, where this process is root now and will be that user soon. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Makes the directory, and those above it that are not there, each for this user or the `owner` alone. */
export function makeDirectory(path: string, owner?: Owner): void {
  try {
    makeOne(path, owner);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    makeDirectory(parent, owner);
    // A second ENOENT is not for want of a parent.
    makeOne(path, owner);
  }
}

/**
 * A new file that this user alone may read, to be renamed when it is whole. What is there already goes: it may be a
 * link that somebody put there, or have been made for others to read.
 */
export async function openAnew(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, "wx", 0o600);
}

/** A whole file of `text` in the place of the one there is: for this user alone, or for whom the one `before` was. */
export async function replaceFile(path: string, text: string, before?: Stats): Promise<void> {
  const file = await openAnew(`${path}.new`);
  try {
    if (before !== undefined) {
      // Only root may give a file away, where it may, and only root would take it away.
      if (process.getuid?.() === 0) await file.chown(before.uid, before.gid).catch(() => undefined);
      await file.chmod(before.mode & 0o777);
    }
    await file.writeFile(text);
    // Else the name may be on the disk before the text is, and a power cut leave an empty file.
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

function makeOne(path: string, owner: Owner | undefined): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // EEXIST mostly; other systems have other words, such as EISDIR for the root.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    throw error;
  }
  // Never through a link that somebody put there meanwhile.
  if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
}

/** Files as `local/` needs them, for real: an edge. Paths are the operator's own. */
import { createReadStream, type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

export interface LocalFiles {
  /** The whole file as text. @throws where it cannot be read. */
  text(path: string): string;
  /** The file's octets, a chunk at a time. Throws while it is read where it cannot be. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  /**
   * Calls `changed` after each change of the file, also when another takes its place. Gives its end.
   * @throws where the directory cannot be watched.
   */
  watch(path: string, changed: () => void): () => void;
}

/** Octets a read: some 3,000 names, a millisecond or two of work. */
const CHUNK_OCTETS = 65_536;

export const diskFiles: LocalFiles = {
  text: (path) => readFileSync(path, "utf8"),
  chunks: (path) => createReadStream(path, { highWaterMark: CHUNK_OCTETS }),
  watch(path, changed) {
    // The directory, not the file: editors and package managers put a new file in the place of the old one.
    const name = basename(path);
    const watcher: FSWatcher = watch(dirname(path), { persistent: false }, (_event, file) => {
      if (file === null || file === name) changed();
    });
    // A directory that goes away ends the watch; the file's last content stays in use.
    watcher.on("error", () => {
      watcher.close();
    });
    return () => {
      watcher.close();
    };
  },
};

/** Small files that outlive the process: salt, keys, anchors, last good time. Written as a whole or not at all. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../ports/log.ts";
import type { SecretStore } from "../privacy/salt.ts";

export class StateDirectory {
  readonly #path: string;
  readonly #log: Log;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.#path, name);
  }

  /** A secret kept under `name`, readable by this user only. A disk that takes nothing is a warning. */
  secret(name: string): SecretStore {
    return {
      read: () => {
        try {
          return readFileSync(this.file(name));
        } catch {
          return undefined;
        }
      },
      write: (secret) => {
        try {
          mkdirSync(this.#path, { recursive: true, mode: 0o700 });
          writeFileSync(this.file(`${name}.new`), secret, { mode: 0o600 });
          renameSync(this.file(`${name}.new`), this.file(name));
        } catch (error) {
          this.#log.warn(
            { directory: this.#path, code: String((error as NodeJS.ErrnoException).code) },
            `the state directory cannot be written: a new ${name} is made at every start; set state_dir`,
          );
        }
      },
    };
  }
}

/**
 * A secret that systemd hands over (`LoadCredential=`), where it does; else the one of `fallback`.
 * Source: systemd.exec(5), `$CREDENTIALS_DIRECTORY`.
 */
export function credential(directory: string | undefined, name: string, fallback: SecretStore): SecretStore {
  if (directory === undefined) return fallback;
  try {
    const secret = readFileSync(join(directory, name));
    return { read: () => secret, write: () => undefined };
  } catch {
    return fallback;
  }
}

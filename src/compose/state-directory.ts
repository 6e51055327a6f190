/** Small files that outlive the process: salt, keys, anchors, last good time. Written as a whole or not at all. */
import {
  closeSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeDirectory, type Owner } from "../directories.ts";
import type { Log } from "../ports/log.ts";
import { KEY_OCTETS } from "../cache/sealed.ts";
import { SALT_OCTETS, type SecretStore } from "../privacy/salt.ts";

/** Each secret: how long it is, and what a new one in its place means. */
const SECRETS = {
  salt: { octets: SALT_OCTETS, loss: "names may be shown to another operator than before" },
  "cache-key": { octets: KEY_OCTETS, loss: "the cache file of before cannot be read" },
} as const;

export class StateDirectory {
  readonly #path: string;
  readonly #log: Log;
  readonly #owner: Owner | undefined;

  /** `owner`: where this process is root now and will be that user soon. */
  constructor(path: string, log: Log, owner?: Owner) {
    this.#path = path;
    this.#log = log;
    this.#owner = owner;
  }

  /** Made by this program it is of mode 0700. One that was there before is its owner's to close. */
  warnIfOpen(): void {
    const mode = modeOf(this.#path) & 0o777;
    if ((mode & 0o077) === 0) return;
    this.#log.warn(
      { directory: this.#path, mode: `0${mode.toString(8)}` },
      "the state directory is open to other users; chmod 700 closes it",
    );
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.#path, name);
  }

  /** A secret kept under `name`, readable by this user only. A disk that gives or takes nothing is a warning. */
  secret(name: keyof typeof SECRETS): SecretStore {
    const { octets, loss } = SECRETS[name];
    let isUnreadable = false;
    return {
      read: () => {
        try {
          const kept = readFileSync(this.file(name));
          if (kept.length === octets) return kept;
          this.#log.warn({ directory: this.#path }, `the ${name} is damaged, so a new one is made: ${loss}`);
          return undefined;
        } catch (error) {
          isUnreadable = !isAbsent(error);
          if (isUnreadable) {
            const text = `the ${name} cannot be read, so a new one is used: ${loss}; `;
            this.#warn(error, `${text}run this as the user that Sotto runs as, or with sudo`);
          }
          return undefined;
        }
      },
      write: (secret) => {
        // What is there may be good, and readable at the next start. Who cannot read it has heard what to do.
        if (isUnreadable) return;
        try {
          makeDirectory(this.#path, this.#owner);
          this.#writeAnew(this.file(`${name}.new`), secret);
          renameSync(this.file(`${name}.new`), this.file(name));
        } catch (error) {
          const text = `the state directory cannot be written: a new ${name} is made at every start; `;
          this.#warn(error, `${text}make it writable for the user that Sotto runs as, or set state_dir`);
        }
      },
    };
  }

  #warn(error: unknown, text: string): void {
    this.#log.warn({ directory: this.#path, code: String((error as NodeJS.ErrnoException).code) }, text);
  }

  /** Never through a link that somebody put there: the directory may be another user's, and this be root. */
  #writeAnew(path: string, octets: Uint8Array): void {
    rmSync(path, { force: true });
    const fd = openSync(path, "wx", 0o600);
    try {
      if (this.#owner !== undefined) fchownSync(fd, this.#owner.uid, this.#owner.gid);
      writeFileSync(fd, octets);
      // Else the name may be on the disk before the octets are, and a power cut leave an empty secret.
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** 0 where there is nothing to look at. */
function modeOf(path: string): number {
  try {
    return statSync(path).mode;
  } catch {
    return 0;
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
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

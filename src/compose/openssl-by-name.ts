/** OpenSSL as it is called by name, from the configuration: through koffi, which `listen.batch_io = "off"` keeps out. */
import type { Config } from "../config/config.ts";
import { type OpenSsl, openSsl } from "../dnssec/openssl.ts";
import { loadKoffi } from "../listen/linux-sockets.ts";

/** Loads nothing before it is called. What it gives is `undefined` where koffi or OpenSSL cannot be called. */
export function openSslByName({ listen }: Config): () => OpenSsl | undefined {
  if (listen.batchIo === "off") return () => undefined;
  return () => {
    try {
      return openSsl(loadKoffi());
    } catch {
      return undefined;
    }
  };
}

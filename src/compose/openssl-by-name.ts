/** OpenSSL as it is called by name, from the configuration: where koffi serves the sockets too. */
import type { Config } from "../config/config.ts";
import { type OpenSsl, openSsl } from "../dnssec/openssl.ts";
import { loadKoffi, loadLinuxSockets } from "../listen/linux-sockets.ts";

/** Loads nothing before it is called. What it gives is `undefined` where koffi, the platform or `listen.batch_io` say no. */
export function openSslByName({ listen }: Config): () => OpenSsl | undefined {
  if (listen.batchIo === "off") return () => undefined;
  let tried = false;
  let library: OpenSsl | undefined;
  return () => {
    if (!tried) library = typeof loadLinuxSockets() === "string" ? undefined : openSsl(loadKoffi());
    tried = true;
    return library;
  };
}

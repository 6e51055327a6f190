/** A running configuration really calls OpenSSL by its name, where it says that it does, and not where it was told not to. */
import { describe, expect, it } from "vitest";
import { openSslByName } from "../../src/compose/openssl-by-name.ts";
import { OpenSsl } from "../../src/dnssec/openssl.ts";
import { loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { configFrom } from "../unit/config/load-text.ts";

describe("OpenSSL by its name", () => {
  it.skipIf(typeof loadLinuxSockets() === "string")("is had where koffi serves the sockets, once", () => {
    const byName = openSslByName(configFrom('[listen]\nbatch_io = "auto"'));

    expect(byName()).toBeInstanceOf(OpenSsl);
    expect(byName()).toBe(byName());
  });

  it('is not had with batch_io = "off"', () => {
    expect(openSslByName(configFrom('[listen]\nbatch_io = "off"'))()).toBeUndefined();
  });
});

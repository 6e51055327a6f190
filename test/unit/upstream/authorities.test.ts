import { describe, expect, it } from "vitest";
import { Authorities } from "../../../src/upstream/authorities.ts";
import { createPki } from "../../lab/pki.ts";

describe("the certificates of a bundle", () => {
  it.each(["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"])(
    "are those that OpenSSL trusts too: %s",
    (label) => {
      const pem = createPki().caPem;
      const named = pem.replaceAll(/(BEGIN|END) CERTIFICATE/g, `$1 ${label}`);

      const [plain] = new Authorities([]).certificates(pem);
      const found = new Authorities([]).certificates(`# ours\n${named}${pem}`);

      expect(found.map(({ fingerprint256 }) => fingerprint256)).toEqual([
        plain?.fingerprint256,
        plain?.fingerprint256,
      ]);
    },
  );
});

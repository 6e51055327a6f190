import { describe, expect, it } from "vitest";
import { type NetworkFiles, networkResolvers } from "../../../src/upstream/network-resolvers.ts";
import { nameservers } from "../../../src/upstream/resolv-conf.ts";

/** A machine that has these files, and these addresses. */
function machine(files: Readonly<Record<string, string>>, own: readonly string[] = []): NetworkFiles {
  return {
    read: (path) => files[path],
    list: (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(folder))
        .map((path) => path.slice(folder.length))
        .sort(),
    ownAddresses: () => own,
  };
}

const addresses = (files: NetworkFiles): string[] => networkResolvers(files).map(({ address }) => address);

const RESOLVED = "/run/systemd/resolve/resolv.conf";
const NETWORK_MANAGER = "/run/NetworkManager/no-stub-resolv.conf";

describe("resolv.conf", () => {
  it("names its addresses in their order, and what is none is left out", () => {
    const text = [
      "# nameserver 192.0.2.9",
      "domain example.net",
      "nameserver 192.0.2.1",
      "nameserver\t2001:db8::1 # a comment",
      "nameserver fe80::1%eth0",
      "nameserver ns.example.net",
      "nameserver 192.0.2.300",
      "nameserver",
      "options edns0",
    ].join("\n");

    expect(nameservers(text)).toEqual(["192.0.2.1", "2001:db8::1", "fe80::1%eth0"]);
  });
});

describe("the network's resolvers", () => {
  it("are where systemd-resolved keeps them, at port 53", () => {
    expect(networkResolvers(machine({ [RESOLVED]: "nameserver 192.0.2.1\n" }))).toEqual([
      { address: "192.0.2.1", port: 53 },
    ]);
  });

  it.each([
    NETWORK_MANAGER,
    "/run/NetworkManager/resolv.conf",
    "/run/connman/resolv.conf",
    "/run/dhcpcd/hook-state/resolv.conf/wlan0.dhcp",
    "/run/resolvconf/interfaces/wlan0.dhclient",
    "/etc/resolv.conf",
  ])("are found in %s", (path) => {
    expect(addresses(machine({ [path]: "nameserver 192.0.2.1\n" }))).toEqual(["192.0.2.1"]);
  });

  it.each(["/tmp/resolv.conf.d/resolv.conf.auto", "/tmp/resolv.conf.auto"])(
    "are found in %s on OpenWrt, and not where anybody may write there",
    (path) => {
      const text = { [path]: "nameserver 192.0.2.1\n" };

      expect(addresses(machine({ ...text, "/etc/openwrt_release": "" }))).toEqual(["192.0.2.1"]);
      expect(addresses(machine(text))).toEqual([]);
    },
  );

  it("are taken from the first place that names somebody else than this machine", () => {
    const files = machine({
      [RESOLVED]: "nameserver 127.0.0.1\nnameserver ::1\n",
      [NETWORK_MANAGER]: "nameserver 192.0.2.2\n",
      "/etc/resolv.conf": "nameserver 192.0.2.3\n",
    });

    expect(addresses(files)).toEqual(["192.0.2.2"]);
  });

  it("of several interfaces are taken together, each once", () => {
    const files = machine({
      "/run/resolvconf/interfaces/eth0": "nameserver 192.0.2.1\n",
      "/run/resolvconf/interfaces/lo.sotto": "nameserver 127.0.0.1\n",
      "/run/resolvconf/interfaces/wlan0": "nameserver 192.0.2.1\nnameserver 192.0.2.2\n",
    });

    expect(addresses(files)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it.each(["127.0.0.53", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "::1%lo"])(
    "are not at %s, which is this machine",
    (address) => {
      expect(addresses(machine({ [RESOLVED]: `nameserver ${address}\n` }))).toEqual([]);
    },
  );

  it("are not at an address that this machine has: that may be us", () => {
    const files = machine({ [RESOLVED]: "nameserver 192.0.2.1\nnameserver 192.0.2.53\n" }, ["192.0.2.53"]);

    expect(addresses(files)).toEqual(["192.0.2.1"]);
  });

  it("are not at a link-local address of this machine either, whatever its scope", () => {
    const files = machine({ [RESOLVED]: "nameserver fe80::1%eth0\nnameserver fe80::2%eth0\n" }, ["fe80::2"]);

    expect(addresses(files)).toEqual(["fe80::1%eth0"]);
  });

  it("are three at most", () => {
    const text = [1, 2, 3, 4].map((nth) => `nameserver 192.0.2.${nth}\n`).join("");

    expect(addresses(machine({ [RESOLVED]: text }))).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  });

  it("are nobody where nothing is known", () => {
    expect(networkResolvers(machine({}))).toEqual([]);
  });
});

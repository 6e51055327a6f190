/**
 * The two profiles of RFC 8310 §5 where a server cannot prove who it is, or is not there: opportunistic falls as
 * little as it can, and that is seen; strict does not fall.
 */
import { afterEach, describe, expect, it } from "vitest";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { createPki, type Leaf } from "../lab/pki.ts";
import { ask } from "../support/ask.ts";
import { type ConnectTrap, setConnectTrap } from "../support/connect-trap.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const pki = createPki();
let lab: Lab;
/** The same server in clear, at port 53 as far as the resolver knows. */
let clear: DotUpstream;
let trap: ConnectTrap;
let running: RunningApp;

afterEach(async () => {
  trap.release();
  await running.stop();
  await clear.close();
  await lab.close();
});

async function begin(profile: "strict" | "opportunistic", leaf: Leaf, more = ""): Promise<void> {
  lab = await startLab({ pki, leaf });
  clear = await startDotUpstream({ answer: lab.authority.respond });
  trap = setConnectTrap((port) => (port === 53 ? clear.port : port));
  running = await startApp(
    (folder) => `[upstream]\nprofile = "${profile}"\n${more}\n${labToml(lab, folder)}`,
  );
}

interface Seen {
  readonly rcode: number;
  readonly unproven: { readonly encrypted: number; readonly clear: number };
  readonly clearTextQueries: number;
}

async function seen(): Promise<Seen> {
  const { rcode } = await ask(running.port, "www.example.com");
  const { upstreams, more } = running.app.stats() as {
    upstreams: { unproven: Seen["unproven"] }[];
    more: { clearTextQueries: number };
  };
  return { rcode, unproven: upstreams[0]!.unproven, clearTextQueries: more.clearTextQueries };
}

describe("the opportunistic profile", () => {
  it("asks a stranger over TLS rather than anybody in clear, and counts that", async () => {
    await begin("opportunistic", pki.foreign);

    const { rcode, unproven, clearTextQueries } = await seen();

    expect(rcode).toBe(0);
    expect(unproven.encrypted).toBeGreaterThan(0);
    expect([unproven.clear, clearTextQueries, clear.counters.queries]).toEqual([0, 0, 0]);
  });

  it("has nothing to count where the server proves who it is", async () => {
    await begin("opportunistic", pki.good);

    const { rcode, unproven, clearTextQueries } = await seen();

    expect({ rcode, unproven, clearTextQueries }).toEqual({
      rcode: 0,
      unproven: { encrypted: 0, clear: 0 },
      clearTextQueries: 0,
    });
  });

  it("asks in clear only where nothing encrypted answers, and counts that", async () => {
    await begin("opportunistic", pki.good);
    await lab.upstream.stop();

    const { rcode, unproven, clearTextQueries } = await seen();

    expect(rcode).toBe(0);
    expect(unproven.clear).toBeGreaterThan(0);
    expect(clearTextQueries).toBeGreaterThan(0);
    expect(clear.counters.queries).toBe(clearTextQueries);
  });

  it("asks nobody in clear after SERVFAIL over TLS", async () => {
    await begin("opportunistic", pki.good, 'selection = "failover"');
    lab.upstream.setBehaviour({ rcode: 2 });

    const { rcode, clearTextQueries } = await seen();

    expect(rcode).toBe(2);
    expect([clearTextQueries, clear.counters.queries]).toEqual([0, 0]);
  });
});

describe("the strict profile", () => {
  it("does not fall to clear text where nothing encrypted answers", async () => {
    await begin("strict", pki.good);
    await lab.upstream.stop();

    const { rcode, clearTextQueries } = await seen();

    expect(rcode).toBe(2);
    expect([clearTextQueries, clear.counters.connections]).toEqual([0, 0]);
  });

  it("does not fall to a stranger, nor to clear text", async () => {
    await begin("strict", pki.foreign);

    const { rcode, unproven } = await seen();

    expect(rcode).toBe(2);
    expect(unproven).toEqual({ encrypted: 0, clear: 0 });
    expect([lab.upstream.counters.applicationOctets, clear.counters.connections]).toEqual([0, 0]);
  });
});

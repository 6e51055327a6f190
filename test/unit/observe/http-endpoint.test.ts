import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpEndpoint, isLocalHost, openHttp } from "../../../src/observe/http-endpoint.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { busyFigures } from "../../support/resolver-figures.ts";
import { SilentLog } from "../../support/silent-log.ts";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let endpoint: HttpEndpoint | undefined;

afterEach(async () => {
  await endpoint?.close();
});

async function open(health = { ready: true, reason: "serving" }): Promise<void> {
  const metrics = createMetrics({ figures: () => busyFigures(), version: "0", processMetrics: false });
  endpoint = await openHttp(
    { host: "127.0.0.1", port: 0, hostNames: ["router.example"] },
    {
      metrics: () => Promise.resolve(metrics),
      health: () => health,
      statusPage: () => ({ html: "<p>status</p>", contentSecurityPolicy: "default-src 'none'" }),
      log: new SilentLog(),
    },
  );
}

async function ask(path: string, method = "GET", headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = request(
      `http://${endpoint?.address}${path}`,
      { method, headers, agent: false },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    call.on("error", reject);
    call.end();
  });
}

describe("the HTTP endpoint", () => {
  it("gives the metrics with the content type of Prometheus' text format", async () => {
    await open();

    const reply = await ask("/metrics");

    expect(reply.status).toBe(200);
    expect(reply.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(reply.body).toContain("sotto_queries_total");
  });

  it("says that it is alive", async () => {
    await open();

    expect(await ask("/healthz")).toMatchObject({ status: 200, body: "alive\n" });
  });

  it("says why it is not ready", async () => {
    await open({ ready: false, reason: "no upstream answers" });

    expect(await ask("/readyz")).toMatchObject({ status: 503, body: "no upstream answers\n" });
  });

  it("answers HEAD with the length and no body", async () => {
    await open();

    const reply = await ask("/healthz", "HEAD");

    expect(reply).toMatchObject({ status: 200, body: "" });
    expect(reply.headers["content-length"]).toBe("6");
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("refuses %s", async (method) => {
    await open();

    const reply = await ask("/metrics", method);

    expect(reply.status).toBe(405);
    expect(reply.headers["allow"]).toBe("GET, HEAD");
  });

  it("refuses a public name in Host, as DNS rebinding brings it", async () => {
    await open();

    const reply = await ask("/metrics", "GET", { Host: "attacker.example.com:9353" });

    expect(reply.status).toBe(421);
    expect(reply.body).not.toContain("sotto_");
  });

  it("forbids browsers to keep, frame, sniff or share what it gives", async () => {
    await open();

    const { headers } = await ask("/");

    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("does not know other paths", async () => {
    await open();

    expect((await ask("/../etc/passwd")).status).toBe(404);
  });

  it("survives what is no HTTP, and a header without end", async () => {
    await open();
    const [host, port] = (endpoint?.address ?? "").split(":");
    for (const octets of [
      "\x16\x03\x01\x00\x00garbage\r\n\r\n",
      `GET / HTTP/1.1\r\nX: ${"a".repeat(20_000)}`,
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), host, () => socket.write(octets));
        socket.on("error", () => undefined);
        socket.on("close", () => {
          resolve();
        });
      });
    }

    expect((await ask("/healthz")).status).toBe(200);
  });

  it("fails to open where the port is taken, with Node's error code", async () => {
    await open();
    const port = Number(endpoint?.address.split(":")[1]);
    const second = openHttp(
      { host: "127.0.0.1", port, hostNames: [] },
      {
        metrics: () => Promise.reject(new Error("nobody scrapes")),
        health: () => ({ ready: true, reason: "" }),
        statusPage: () => ({ html: "", contentSecurityPolicy: "" }),
        log: new SilentLog(),
      },
    );

    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("a Host header", () => {
  it.each([
    "127.0.0.1:9353",
    "[::1]:9353",
    "192.0.2.7",
    "localhost",
    "LOCALHOST:9353",
    "router:9353",
    "nas.home.arpa",
    "box.local.",
    "router.example",
  ])("%s is local", (host) => {
    expect(isLocalHost(host, ["router.example"])).toBe(true);
  });

  it.each([
    "example.com",
    "127.0.0.1.example.com:9353",
    "localhost.example.com",
    "a b",
    "",
    "[::1",
    "local.example.net",
  ])("%s is refused", (host) => {
    expect(isLocalHost(host, ["router.example"])).toBe(false);
  });
});

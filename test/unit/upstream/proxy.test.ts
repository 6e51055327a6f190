/** What a SOCKS5 proxy may do instead of its work (RFC 1928 §3 to §6): each is told at once, and none does harm. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { throughProxy } from "../../../src/upstream/proxy.ts";

/** Longer than any test: whoever waits for it fails. */
const NEVER = 60_000;
const NO_AUTHENTICATION = [5, 0];
const GRANTED = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

let server: Server | undefined;
let held: Socket | undefined;

afterEach(() => {
  held?.destroy();
  server?.close();
});

/** The stream through a proxy that treats each client so. */
async function through(
  serve: (client: Socket) => void,
  onHeld: (socket: Socket) => void = () => {},
): Promise<Socket | string> {
  const listening = createServer((client) => {
    client.on("error", () => {});
    serve(client);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  const target = { server: "s", address: "192.0.2.1", port: 853, identity: undefined, timeout: NEVER };
  const result = await throughProxy({ host: "127.0.0.1", port }, target, (socket) => {
    held = socket;
    onHeld(socket);
  });
  return typeof result === "string" ? result.replace(String(port), "PORT") : result;
}

/** Gives the nth reply to the nth thing that the client says. */
function replying(...replies: readonly (readonly number[])[]): (client: Socket) => void {
  return (client) => {
    let said = 0;
    client.on("data", () => {
      const reply = replies[said++];
      if (reply !== undefined) client.write(Buffer.from(reply));
    });
  };
}

describe("a SOCKS5 proxy", () => {
  it("that grants the destination leads there", async () => {
    const stream = await through(replying(NO_AUTHENTICATION, GRANTED));

    expect(stream).not.toBeTypeOf("string");
  });

  it.each<[string, (client: Socket) => void]>([
    ["closes at once", (client) => client.end()],
    ["resets at once", (client) => client.resetAndDestroy()],
    ["closes after the greeting", (client) => client.once("data", () => client.end())],
    ["speaks another version", replying([4, 0])],
    ["accepts no method", replying([5, 0xff])],
    ["chooses a method that nobody offered", replying([5, 7])],
    ["refuses the destination", replying(NO_AUTHENTICATION, [5, 4, 0, 1, 0, 0, 0, 0, 0, 0])],
    ["floods", (client) => client.write(Buffer.alloc(1_000_000, 5))],
  ])("that %s has failed then, not when the dial's time is up", async (_what, serve) => {
    expect(await through(serve)).toMatch(/^the proxy 127\.0\.0\.1:PORT: /);
  });

  it("whose stream ends as soon as it is there has failed then too", async () => {
    const result = await through(
      () => {},
      (socket) => socket.once("connect", () => socket.destroy()),
    );

    expect(result).toBe("the proxy 127.0.0.1:PORT: closed");
  });
});

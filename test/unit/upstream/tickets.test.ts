import { describe, expect, it } from "vitest";
import { type Ticket, Tickets } from "../../../src/upstream/tickets.ts";
import { createPki } from "../../lab/pki.ts";
import { peerOf } from "./peer.ts";

const peer = peerOf(createPki().good);

function ticket(text: string): Ticket {
  return { session: Buffer.from(text), peer };
}

describe("TLS session tickets", () => {
  it("are used once (RFC 8446 §C.4)", () => {
    const tickets = new Tickets();
    tickets.keep("a", ticket("one"), tickets.network);

    expect(tickets.take("a")?.session.toString()).toBe("one");
    expect(tickets.take("a")).toBeUndefined();
  });

  it("are found under their own identity only", () => {
    const tickets = new Tickets();
    tickets.keep("a", ticket("one"), tickets.network);

    expect(tickets.take("b")).toBeUndefined();
  });

  it("do not follow to another network", () => {
    const tickets = new Tickets();
    tickets.keep("a", ticket("one"), tickets.network);

    tickets.clear();

    expect(tickets.take("a")).toBeUndefined();
  });

  it("are not taken from a connection that was dialled on the network before", () => {
    const tickets = new Tickets();
    const before = tickets.network;
    tickets.clear();

    tickets.keep("a", ticket("late"), before);

    expect(tickets.take("a")).toBeUndefined();
  });

  it("of one identity are bounded, the newest are kept", () => {
    const tickets = new Tickets();
    for (let i = 0; i < 10; i++) tickets.keep("a", ticket(`${i}`), tickets.network);

    const taken = Array.from({ length: 5 }, () => tickets.take("a")?.session.toString());

    expect(taken).toEqual(["9", "8", "7", "6", undefined]);
  });

  it("of more identities than are kept push out the oldest", () => {
    const tickets = new Tickets();
    for (let i = 0; i < 257; i++) tickets.keep(`${i}`, ticket("x"), tickets.network);

    expect(tickets.take("0")).toBeUndefined();
    expect(tickets.take("1")).toBeDefined();
    expect(tickets.take("256")).toBeDefined();
  });
});

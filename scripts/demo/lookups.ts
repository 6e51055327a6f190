/** What the demo looks up, and what is worth seeing in each. */
import { Type } from "../../src/wire/codes.ts";

export interface Lookup {
  readonly title: string;
  readonly name: string;
  readonly type: number;
  /** One sentence on what to look for. */
  readonly remark: string;
  /** Whether the client adds what must not pass: its subnet, a cookie, NSID, mixed letter case. */
  readonly chatty: boolean;
  /** Whether the steps of `sotto explain` are shown. */
  readonly explained: boolean;
}

const PLAIN = { type: Type.A, chatty: false, explained: false };

export const LOOKUPS: readonly Lookup[] = [
  {
    ...PLAIN,
    title: "A signed name",
    name: "www.example.com.",
    remark: "The chain of trust is checked here, from the root down.",
    explained: true,
  },
  {
    ...PLAIN,
    title: "The same again",
    name: "www.example.com.",
    remark: "From the cache. The upstream hears nothing.",
  },
  {
    ...PLAIN,
    title: "A name without signatures",
    name: "www.insecure.com.",
    remark: "Its parent proves that it has no keys: insecure, not bogus.",
  },
  {
    ...PLAIN,
    title: "A name that does not exist",
    name: "nothing-here.example.com.",
    remark: "The denial is signed too.",
  },
  {
    ...PLAIN,
    title: "A name with an expired signature",
    name: "www.expired.example.",
    remark: "Bogus data never reaches a client; the error says what is wrong.",
  },
  {
    ...PLAIN,
    title: "A talkative client",
    name: "MaiL.eXaMPLe.oRg.",
    remark: "It sends its subnet, a cookie, NSID, odd letters. None of that goes on.",
    chatty: true,
  },
  {
    ...PLAIN,
    title: "A name that must not leave",
    name: "printer.home.arpa.",
    remark: "Special-use names are answered here (RFC 6761, RFC 8375).",
  },
];

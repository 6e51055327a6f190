/**
 * What the first process and those beside it (`listen.workers`) say to each other, over Node's channel between
 * parent and child, as structured clones.
 */
import type { Started } from "../../app.ts";
import type { Config } from "../../config/config.ts";
import type { ResolverFigures } from "../../observe/resolver-figures.ts";
import type { Name } from "../../ports/message.ts";

/** Sockets of one process: descriptors in it, and what they are. */
export type Sockets = Started["siblings"][number];

/** The first message, once. */
export interface Place {
  /** This process's share of everything. */
  readonly config: Config;
  readonly salt: Uint8Array;
  readonly sockets: Sockets;
}

/** What is asked of a worker, and what each is answered by. */
export interface Requests {
  readonly figures: { readonly ask: object; readonly answer: ResolverFigures };
  readonly flush: {
    readonly ask: { readonly name?: Name; readonly tree?: boolean };
    readonly answer: { readonly flushed: number };
  };
  readonly reload: {
    readonly ask: { readonly config: Config; readonly salt: Uint8Array };
    readonly answer: object;
  };
  readonly salt: { readonly ask: { readonly salt: Uint8Array }; readonly answer: object };
}

export type RequestName = keyof Requests;

export type ToWorker =
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "request"; readonly id: number; readonly request: RequestName; readonly ask: object }
  | { readonly kind: "stop" };

export type FromWorker =
  | { readonly kind: "answer"; readonly id: number; readonly answer: object }
  | { readonly kind: "refused"; readonly id: number; readonly error: string };

export type WorkerHandlers = {
  readonly [Each in RequestName]: (
    ask: Requests[Each]["ask"],
  ) => Requests[Each]["answer"] | Promise<Requests[Each]["answer"]>;
};

/** Says to a process that it is to serve beside the one that started it. */
export const WORKER_VARIABLE = "SOTTO_WORKER";

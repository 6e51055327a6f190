/**
 * Waiting for a descriptor by libuv's own `uv_poll_t`, called by name. koffi has the same ready-made
 * (`koffi.node.poll`), but makes an object of three properties for each event: a tenth of what a query costs
 * that comes alone. Here an event is two numbers.
 *
 * libuv keeps pointers into a handle until it has told that it is closed: until then `#watched` keeps its memory.
 *
 * Source: libuv, "uv_poll_t" and "uv_handle_t".
 */
import { isMainThread } from "node:worker_threads";
import type { Koffi, Ready, Watch } from "../ports/koffi.ts";

/** The functions, as libuv declares them; 0 or a negative error is what they give. */
interface Libuv {
  init(loop: number, handle: Buffer, fd: number): number;
  start(handle: Buffer, events: number, callback: unknown): number;
  stop(handle: Buffer): number;
  close(handle: Buffer, callback: unknown): void;
}

/** `UV_POLL` of `uv_handle_type`, `UV_READABLE` of `uv_poll_event`. */
const UV_POLL = 8;
const UV_READABLE = 1;

export type Poll = (fd: number, ready: Ready) => Watch;

/** One for each koffi, since what is registered with it stays so. */
const known = new WeakMap<Koffi, Poll>();

/** `undefined` where this koffi or this Node lets nobody call libuv by name: `koffi.node.poll` serves then. */
export function libuvPoll(koffi: Koffi): Poll | undefined {
  // Another thread's loop is not the default one.
  if (!isMainThread) return undefined;
  let poll = known.get(koffi);
  if (poll !== undefined) return poll;
  try {
    poll = new LibuvPoll(koffi).poll;
  } catch {
    return undefined;
  }
  known.set(koffi, poll);
  return poll;
}

class LibuvPoll {
  readonly #koffi: Koffi;
  readonly #uv: Libuv;
  readonly #loop: number;
  readonly #handleOctets: number;
  readonly #onReady: unknown;
  readonly #onClosed: unknown;
  /** What libuv has a pointer to, by that pointer; without `ready` it is closing. BOUNDED: by the sockets. */
  readonly #watched = new Map<number, { readonly handle: Buffer; readonly ready?: Ready }>();

  /** @throws where something of it is not there. */
  constructor(koffi: Koffi) {
    this.#koffi = koffi;
    const node = koffi.load(null);
    const pollCallback = koffi.pointer(koffi.proto("void", ["uintptr_t", "int", "int"]));
    const closeCallback = koffi.pointer(koffi.proto("void", ["uintptr_t"]));
    this.#uv = {
      init: node.func("int uv_poll_init_socket(uintptr_t loop, void *handle, int fd)") as Libuv["init"],
      start: node.func("uv_poll_start", "int", ["void *", "int", pollCallback]) as Libuv["start"],
      stop: node.func("int uv_poll_stop(void *handle)") as Libuv["stop"],
      close: node.func("uv_close", "void", ["void *", closeCallback]) as Libuv["close"],
    };
    this.#loop = (node.func("uintptr_t uv_default_loop()") as () => number)();
    this.#handleOctets = (node.func("size_t uv_handle_size(int type)") as (type: number) => number)(UV_POLL);
    this.#onReady = koffi.register((handle: number, status: number) => {
      this.#watched.get(handle)?.ready?.(status);
    }, pollCallback);
    this.#onClosed = koffi.register((handle: number) => {
      this.#watched.delete(handle);
    }, closeCallback);
    // Node takes itself apart in turns of the loop, in which nothing of ours may be called.
    process.once("exit", () => {
      for (const { handle, ready } of this.#watched.values()) if (ready !== undefined) this.#uv.stop(handle);
    });
  }

  readonly poll: Poll = (fd, ready) => {
    const handle = Buffer.allocUnsafeSlow(this.#handleOctets).fill(0);
    ensure("uv_poll_init_socket", this.#uv.init(this.#loop, handle, fd));
    const at = Number(this.#koffi.address(handle));
    const start = (whenReady: Ready): void => {
      this.#watched.set(at, { handle, ready: whenReady });
      ensure("uv_poll_start", this.#uv.start(handle, UV_READABLE, this.#onReady));
    };
    start(ready);
    let isClosed = false;
    return {
      start,
      close: () => {
        if (isClosed) return;
        isClosed = true;
        this.#watched.set(at, { handle });
        this.#uv.close(handle, this.#onClosed);
      },
    };
  };
}

/** @throws where libuv gave an error. */
function ensure(call: string, result: number): void {
  if (result < 0) throw new Error(`${call} failed with ${result}`);
}

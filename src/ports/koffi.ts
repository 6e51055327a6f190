/** koffi, by which C functions are called, as far as it is used here. Types only. */

/** `status` is negative where libuv has met an error on the descriptor; it has then stopped to watch it. */
export type Ready = (status: number) => void;

export interface Watch {
  start(ready: Ready): void;
  /** To be called before the descriptor is closed. */
  close(): void;
}

type KoffiType = object;

interface KoffiLibrary {
  func(definition: string): unknown;
  func(name: string, result: string, parameters: readonly (string | KoffiType)[]): unknown;
}

/** The part of koffi that is used. */
export interface Koffi {
  /** `null`: what this program has loaded already. */
  load(library: string | null): KoffiLibrary;
  /** The type of a function. */
  proto(result: string, parameters: readonly string[]): KoffiType;
  pointer(type: KoffiType): KoffiType;
  /** A pointer by which C calls `callback`. */
  register(callback: (...args: number[]) => void, type: KoffiType): unknown;
  errno(): number;
  address(buffer: Buffer): bigint;
  /** Since koffi 2.15. */
  readonly node?: { poll(fd: number, ready: Ready): Watch };
}

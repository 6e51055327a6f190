/** Reads what `sendmmsg` is given as the kernel would: through pointers, which are numbers given out by `address`. */

export interface SentMessage {
  /** The socket address, as octets. */
  readonly to: Buffer;
  /** The datagrams it becomes. */
  readonly datagrams: readonly Buffer[];
}

export class KernelMemory {
  readonly #buffers: { readonly start: bigint; readonly octets: Buffer }[] = [];
  #next = 0x7fff_ffff_0000n;

  /** Part of `LinuxSockets`. */
  readonly address = (octets: Buffer): bigint => {
    const start = this.#next;
    this.#buffers.push({ start, octets });
    this.#next += BigInt(octets.length + 4_096);
    return start;
  };

  /** The `count` messages that the `struct mmsghdr`s in `headers` describe. */
  messages(headers: Buffer, count: number): SentMessage[] {
    return Array.from({ length: count }, (_, i) => this.#message(headers.subarray(i * 64)));
  }

  #message(header: Buffer): SentMessage {
    const to = this.#read(header.readBigUInt64LE(0), header.readUInt32LE(8));
    const iovecs = this.#read(header.readBigUInt64LE(16), Number(header.readBigUInt64LE(24)) * 16);
    const parts = Array.from({ length: iovecs.length / 16 }, (_, i) =>
      this.#read(iovecs.readBigUInt64LE(i * 16), Number(iovecs.readBigUInt64LE(i * 16 + 8))),
    );
    const control = Number(header.readBigUInt64LE(40));
    if (control === 0) return { to, datagrams: [Buffer.concat(parts)] };
    return { to, datagrams: cutApart(Buffer.concat(parts), this.#read(header.readBigUInt64LE(32), control)) };
  }

  #read(start: bigint, octets: number): Buffer {
    const held = this.#buffers.find(
      (each) => start >= each.start && start < each.start + BigInt(each.octets.length),
    );
    if (held === undefined) throw new Error("EFAULT");
    const from = Number(start - held.start);
    return Buffer.from(held.octets.subarray(from, from + octets));
  }
}

/** As UDP_SEGMENT asks: cmsg_len, cmsg_level SOL_UDP, cmsg_type UDP_SEGMENT, and 16 bits. */
function cutApart(whole: Buffer, control: Buffer): Buffer[] {
  const kind = [control.readBigUInt64LE(0), control.readUInt32LE(8), control.readUInt32LE(12)];
  if (kind.join() !== "18,17,103") throw new Error("EINVAL");
  const octets = control.readUInt16LE(16);
  return Array.from({ length: Math.ceil(whole.length / octets) }, (_, i) =>
    whole.subarray(i * octets, (i + 1) * octets),
  );
}

/**
 * All sockets that clients ask: UDP and TCP on every configured address, kept in step with the host's
 * addresses where a wildcard is configured. Start-up faults are values; once one address serves, a
 * missing family or a lost address is a warning.
 */
import { type BindFault, bindFault, describeBindFault, formatAddress, isBindFault } from "./bind-fault.ts";
import { guarded } from "./guarded.ts";
import type { BindTarget, Listener, ListenerDeps, SocketAddress } from "./listener.ts";
import { addressKey, expandAddresses, hasFamilyOf, type Interfaces, isWildcard } from "./local-addresses.ts";
import type { ActivatedSocket } from "./socket-activation.ts";
import { openTcp, TcpClients, type TcpLimits } from "./tcp-listener.ts";
import { openDescriptor } from "./descriptor.ts";
import { type LinuxSockets, loadLinuxSockets } from "./linux-sockets.ts";
import { openBatchedUdp } from "./udp-batched.ts";
import { openPlainUdp } from "./udp-plain.ts";

export interface ListenOptions {
  readonly addresses: readonly SocketAddress[];
  /** Sockets from systemd: where there are any, `addresses` are not bound. */
  readonly activated: readonly ActivatedSocket[];
  readonly tcp: TcpLimits;
  /** `auto`: many datagrams a system call where that is to be had. `on`: warn where it is not. */
  readonly batchIo: "auto" | "on" | "off";
  /** Lets other processes bind the same ports (SO_REUSEPORT). */
  readonly sharePort: boolean;
  /** The right to bind these ports is about to be given up: what is bound by then stays, also while its address is away. */
  readonly bindsOnce?: boolean;
}

export interface ListenDeps extends ListenerDeps {
  /** `os.networkInterfaces`. */
  readonly interfaces: () => Interfaces;
}

/** Milliseconds between looks at the host's addresses. */
const FOLLOW_INTERVAL = 5_000;
/** How often a port of 0 is tried until one is free for both UDP and TCP. */
const PORT_TRIES = 20;

type UdpOpener = (target: BindTarget, deps: ListenerDeps) => Promise<Listener | BindFault>;
type Opened = { readonly listeners: Listener[] } | { readonly fault: BindFault };

/** Binds everything; gives the faults, and holds no socket, where an address cannot be had. */
export async function openListeners(
  options: ListenOptions,
  deps: ListenDeps,
): Promise<Listeners | readonly BindFault[]> {
  const listeners = new Listeners(options, deps);
  const faults = await listeners.start();
  if (faults.length === 0) return listeners;
  await listeners.close(0);
  return faults;
}

export class Listeners {
  readonly #options: ListenOptions;
  readonly #deps: ListenDeps;
  readonly #tcpClients: TcpClients;
  readonly #openUdp: UdpOpener;
  readonly #system: LinuxSockets | string;
  /** By the address wanted. BOUNDED: by the configuration times the host's addresses. */
  readonly #open = new Map<string, readonly Listener[]>();
  /** Faults already logged, so that each is logged once while its address is there. BOUNDED: as `#open`. */
  readonly #warned = new Map<string, string>();
  /** Addresses whose sockets stay whatever becomes of the address. BOUNDED: by those of the start. */
  #lasting: ReadonlySet<string> = new Set();
  #cancelFollow: (() => void) | undefined;
  #isStarted = false;
  #closing = false;

  constructor(options: ListenOptions, deps: ListenDeps) {
    this.#options = options;
    this.#deps = { ...deps, handler: guarded(deps) };
    this.#tcpClients = new TcpClients(options.tcp, this.#deps);
    const wantsSystem = options.batchIo !== "off" || options.sharePort;
    this.#system = wantsSystem ? loadLinuxSockets() : "not asked for";
    this.#openUdp = udpOpener(options, this.#system, this.#deps);
  }

  /** Sockets that serve now. */
  get sockets(): readonly Pick<Listener, "transport" | "address">[] {
    return [...this.#open.values()].flat();
  }

  get tcpConnections(): number {
    return this.#tcpClients.count;
  }

  /** Called once, by `openListeners`. */
  async start(): Promise<BindFault[]> {
    if (this.#options.activated.length > 0) return this.#adopt();
    const faults = await this.#openMissing();
    this.#isStarted = true;
    if (this.#options.bindsOnce === true) this.#lasting = new Set(this.#open.keys());
    const isFatal = (fault: BindFault) => fault.cause !== "no-family" && !this.#isFromWildcard(fault);
    const fatal = this.#open.size === 0 ? faults : faults.filter(isFatal);
    if (fatal.length > 0) return fatal;
    for (const fault of [...faults, ...this.#wildcardsOfNoFamily()]) this.#warn(fault);
    if (faults.length > 0 || this.#options.addresses.some(({ host }) => isWildcard(host)))
      this.#followLater();
    return [];
  }

  /** Lets what is under way go out for up to `graceMs`, then closes every socket. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#cancelFollow?.();
    await Promise.all([...this.#open.values()].flat().map((listener) => listener.close(graceMs)));
    this.#tcpClients.stop();
  }

  async #adopt(): Promise<BindFault[]> {
    const faults: BindFault[] = [];
    for (const { fd, transport, family } of this.#options.activated) {
      const target: BindTarget = { host: family === 6 ? "::" : "0.0.0.0", port: 0, fd };
      const opened = await this.#openOne(transport, target);
      if (isBindFault(opened)) faults.push(opened);
      else this.#open.set(`fd ${fd}`, [opened]);
    }
    return faults;
  }

  async #openMissing(): Promise<BindFault[]> {
    const faults: BindFault[] = [];
    for (const wanted of expandAddresses(this.#options.addresses, this.#deps.interfaces())) {
      if (this.#closing || this.#open.has(addressKey(wanted))) continue;
      const opened = await this.#openBoth(wanted);
      if ("fault" in opened) {
        faults.push(opened.fault);
        continue;
      }
      if (this.#closing) {
        await Promise.all(opened.listeners.map((listener) => listener.close(0)));
        continue;
      }
      this.#open.set(addressKey(wanted), opened.listeners);
      this.#warned.delete(addressKey(wanted));
    }
    return faults;
  }

  /** UDP and TCP on one port; where the port is 0, on one that is free for both. */
  async #openBoth(wanted: SocketAddress): Promise<Opened> {
    for (let tries = 1; ; tries++) {
      const udp = await this.#openOne("udp", wanted);
      if (isBindFault(udp)) return { fault: udp };
      const tcp = await this.#openOne("tcp", { host: wanted.host, port: udp.address.port });
      if (!isBindFault(tcp)) return { listeners: [udp, tcp] };
      await udp.close(0);
      if (wanted.port !== 0 || tcp.cause !== "in-use" || tries === PORT_TRIES) return { fault: tcp };
    }
  }

  async #openOne(transport: "udp" | "tcp", wanted: BindTarget): Promise<Listener | BindFault> {
    const target = this.#options.sharePort ? this.#shareable(transport, wanted) : wanted;
    const opened = isBindFault(target) ? target : await this.#openAt(transport, target);
    if (!isBindFault(opened) || opened.cause !== "not-local") return opened;
    return hasFamilyOf(wanted.host, this.#deps.interfaces()) ? opened : { ...opened, cause: "no-family" };
  }

  #openAt(transport: "udp" | "tcp", target: BindTarget): Promise<Listener | BindFault> {
    return transport === "udp"
      ? this.#openUdp(target, this.#deps)
      : openTcp(target, this.#tcpClients, this.#deps);
  }

  /** Bound here, since Node cannot ask for SO_REUSEPORT everywhere. */
  #shareable(transport: "udp" | "tcp", wanted: BindTarget): BindTarget | BindFault {
    if (wanted.fd !== undefined || typeof this.#system === "string") return wanted;
    const taken = this.#isStarted ? undefined : this.#faultAlone(transport, wanted, this.#system);
    if (taken !== undefined) return taken;
    const fd = openDescriptor(transport, wanted, this.#system, { sharePort: true });
    return typeof fd === "number" ? { ...wanted, fd } : bindFault(transport, wanted, fd);
  }

  /** Why this process cannot have the port to itself at first: another program would go on to get half of the queries. */
  #faultAlone(transport: "udp" | "tcp", wanted: BindTarget, system: LinuxSockets): BindFault | undefined {
    const fd = openDescriptor(transport, wanted, system, { sharePort: false });
    if (typeof fd !== "number") return bindFault(transport, wanted, fd);
    system.close(fd);
    return undefined;
  }

  #isFromWildcard(fault: BindFault): boolean {
    return !this.#options.addresses.some(({ host }) => host === fault.host);
  }

  /** They stand for no address here, so nothing was tried. No end either: an address may come. */
  #wildcardsOfNoFamily(): BindFault[] {
    const interfaces = this.#deps.interfaces();
    return this.#options.addresses
      .filter(({ host }) => isWildcard(host) && !hasFamilyOf(host, interfaces))
      .map((where) => ({
        kind: "bind-fault",
        transport: "udp",
        ...where,
        cause: "no-family",
        code: "EADDRNOTAVAIL",
      }));
  }

  #followLater(): void {
    this.#cancelFollow = this.#deps.clock.after(FOLLOW_INTERVAL, () => {
      this.#follow().catch((error: unknown) => {
        this.#deps.log.error({ error: String(error) }, "cannot follow the addresses of this host");
        if (!this.#closing) this.#followLater();
      });
    });
  }

  /** Opens what has come, closes what has gone. */
  async #follow(): Promise<void> {
    const wanted = new Set(
      expandAddresses(this.#options.addresses, this.#deps.interfaces()).map((address) => addressKey(address)),
    );
    for (const key of this.#warned.keys()) if (!wanted.has(key)) this.#warned.delete(key);
    for (const [key, listeners] of this.#open) {
      if (wanted.has(key) || this.#lasting.has(key)) continue;
      this.#open.delete(key);
      await Promise.all(listeners.map((listener) => listener.close(0)));
    }
    for (const fault of await this.#openMissing()) this.#warn(fault);
    if (!this.#closing) this.#followLater();
  }

  #warn(fault: BindFault): void {
    const key = addressKey(fault);
    if (this.#warned.get(key) === fault.code) return;
    this.#warned.set(key, fault.code);
    this.#deps.log.warn({ address: formatAddress(fault), code: fault.code }, describeBindFault(fault));
  }
}

/** The kind of UDP endpoint to be had here, and one log line where it is not the one asked for. */
function udpOpener(
  { batchIo }: ListenOptions,
  sockets: LinuxSockets | string,
  { log }: ListenerDeps,
): UdpOpener {
  if (batchIo === "off") return openPlainUdp;
  if (typeof sockets !== "string") return (target, deps) => openBatchedUdp(target, { ...deps, sockets });
  log[batchIo === "on" ? "warn" : "info"](
    { reason: sockets },
    "batched UDP is not available here: plain UDP serves",
  );
  return openPlainUdp;
}

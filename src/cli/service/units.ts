/**
 * The systemd units, as text. `sotto service install` writes them for this machine; `conf/systemd/` holds them for
 * packagers, generated from here.
 *
 * Source: systemd.service(5), systemd.socket(5), systemd.exec(5).
 */
import { addressToText, type SocketAddress } from "../../config/addresses.ts";

export interface ServiceUnitOptions {
  /** What starts Sotto: an absolute path and its arguments. */
  readonly command: readonly string[];
}

export function serviceUnit({ command }: ServiceUnitOptions): string {
  return `[Unit]
Description=Sotto, a DNS-over-TLS stub resolver
Requires=sotto.socket
After=sotto.socket network.target
# Programs that need names wait for this target.
Wants=nss-lookup.target
Before=nss-lookup.target
# A machine without names is worse than one that tries again and again.
StartLimitIntervalSec=0

[Service]
Type=notify
# Without koffi the notification is sent by systemd-notify, which is another process.
NotifyAccess=all
ExecStart=${command.map(unitWord).join(" ")}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1s
# 2 is a faulty configuration, which no restart will mend.
RestartPreventExitStatus=2
WatchdogSec=30s
TimeoutStopSec=10s
LimitNOFILE=16384
# Memory for young objects: with 4 a miss costs a third more; V8's own bound keeps 20 MiB more and saves little.
Environment=NODE_OPTIONS=--max-semi-space-size=8

# A user of its own, that exists only while the service runs. Its files are in /var/lib/sotto, its
# control socket is /run/sotto/control.sock.
DynamicUser=yes
StateDirectory=sotto
StateDirectoryMode=0700
RuntimeDirectory=sotto
RuntimeDirectoryMode=0700
UMask=0077

# A key for cache.file that only this machine can read, instead of one beside the file:
#   head -c 32 /dev/urandom | systemd-creds encrypt --name=cache-key - /etc/sotto/cache-key.cred
# LoadCredentialEncrypted=cache-key:/etc/sotto/cache-key.cred

# The ports come from sotto.socket: no right is needed to bind them.
CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
DevicePolicy=closed
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
KeyringMode=private
LockPersonality=yes
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
# AF_NETLINK tells the addresses of this machine.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# Has to stay off: V8, the JavaScript engine of Node, writes machine code and then runs it.
MemoryDenyWriteExecute=no

[Install]
WantedBy=multi-user.target
Also=sotto.socket
`;
}

export function socketUnit(addresses: readonly SocketAddress[]): string {
  const listen = addresses.map(addressToText).map((text) => `ListenDatagram=${text}\nListenStream=${text}\n`);
  return `[Unit]
Description=Sotto, a DNS-over-TLS stub resolver: its ports

[Socket]
${listen.join("")}BindIPv6Only=ipv6-only
# An address that is not there yet at boot is no reason to fail.
FreeBind=yes
NoDelay=yes
ReceiveBuffer=4M

[Install]
WantedBy=sockets.target
`;
}

/** A word of ExecStart=: quoted where it holds a space, with the signs of specifiers and variables doubled. */
function unitWord(word: string): string {
  const escaped = word.replaceAll("%", "%%").replaceAll("$", () => "$$");
  return /[\s"'\\]/.test(escaped) ? `"${escaped.replace(/(["\\])/g, "\\$1")}"` : escaped;
}

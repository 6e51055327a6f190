import{createRequire as createRequireOfSotto}from"node:module";const require=createRequireOfSotto(import.meta.url);
import{Y as S,a as s,b as a,f as u}from"./chunk-62ZVNXS5.js";import"./chunk-SKDJ4R66.js";import{realpathSync as R}from"node:fs";import{spawnSync as C}from"node:child_process";import{accessSync as U,constants as I,existsSync as v,rmSync as N,statSync as h,writeFileSync as D}from"node:fs";import{dirname as p}from"node:path";var m={isRoot:process.geteuid?.()===0,hasSystemd:v("/run/systemd/system"),exists:v,write:(e,t)=>{D(e,t,{mode:420})},remove:e=>{N(e,{force:!0})},run:([e="",...t])=>{let{status:r,stdout:o,stderr:i,error:n}=C(e,t,{encoding:"utf8"});return n!==void 0?{exitCode:127,output:n.message}:{exitCode:r??1,output:`${o}${i}`}}};function g(e){try{if(U(e,I.R_OK),(h(e).mode&4)===0)return!1;for(let t=p(e);;t=p(t)){if((h(t).mode&1)===0)return!1;if(t===p(t))return!0}}catch{return!1}}var F="/etc/systemd/system",y=["sotto.socket","sotto.service"],l=e=>`${F}/${e}`;function x(e){return[{kind:"write",path:l("sotto.socket"),text:e.socket},{kind:"write",path:l("sotto.service"),text:e.service},{kind:"run",command:["systemctl","daemon-reload"]},{kind:"run",command:["systemctl","enable",...y]},{kind:"run",command:["systemctl","restart",...y]}]}function w(){return[{kind:"run",command:["systemctl","disable","--now",...y]},...y.map(e=>({kind:"remove",path:l(e)})),{kind:"run",command:["systemctl","daemon-reload"]}]}function k(e){switch(e.kind){case"write":return[`write ${e.path}:`,...e.text.trimEnd().split(`
`).map(t=>`    ${t}`.trimEnd())];case"remove":return[`remove ${e.path}`];case"run":return[`run ${e.command.join(" ")}`]}}function P(e,t){for(let r of e){let o=H(r,t);if(o!==void 0)return o}}function H(e,t){try{if(e.kind==="write")t.write(e.path,e.text);else if(e.kind==="remove")t.remove(e.path);else{let{exitCode:r,output:o}=t.run(e.command);if(r!==0)return`${e.command.join(" ")} failed: ${o.trim()||`exit code ${r}`}`}return}catch(r){let o=e.kind==="run"?e.command.join(" "):e.path;return`${e.kind} ${o} failed: ${r instanceof Error?r.message:String(r)}`}}function b({command:e}){return`[Unit]
Description=Sotto, a DNS-over-TLS stub resolver
Requires=sotto.socket
After=sotto.socket network.target
# Programs that need names wait for this target.
Wants=nss-lookup.target
Before=nss-lookup.target

[Service]
Type=notify
# Without koffi the notification is sent by systemd-notify, which is another process.
NotifyAccess=all
ExecStart=${e.map(T).join(" ")}
ExecReload=kill -HUP $MAINPID
Restart=always
RestartSec=1s
WatchdogSec=30s
TimeoutStopSec=10s
LimitNOFILE=16384

# A user of its own, that exists only while the service runs. Its files are in /var/lib/sotto, its
# control socket is /run/sotto/control.sock.
DynamicUser=yes
StateDirectory=sotto
StateDirectoryMode=0700
RuntimeDirectory=sotto
RuntimeDirectoryMode=0700
UMask=0077

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
`}function E(e){return`[Unit]
Description=Sotto, a DNS-over-TLS stub resolver: its ports

[Socket]
${e.map(u).map(r=>`ListenDatagram=${r}
ListenStream=${r}
`).join("")}BindIPv6Only=ipv6-only
# An address that is not there yet at boot is no reason to fail.
FreeBind=yes
NoDelay=yes
ReceiveBuffer=4M

[Install]
WantedBy=sockets.target
`}function T(e){let t=e.replaceAll("%","%%").replaceAll("$",()=>"$$");return/[\s"'\\]/.test(t)?`"${t.replace(/(["\\])/g,"\\$1")}"`:t}function te(e,t,r=m){let o=t.config===void 0?O(r):M(t.config),{addresses:i}=S(e,o).config.listen,n=L();B([...n,...o===void 0?[]:[o]],e,t);let c=[...n,"run",...t.config===void 0?[]:["-c",String(o)]],d={service:b({command:c}),socket:E(i)};return $(e,x(d),t,r,()=>{let f=i.map(u).join(", ");e.terminal.out(`Sotto is installed and serves at ${f}. What to do next:`),e.terminal.out("  sotto doctor                is everything in order?"),e.terminal.out("  sudo sotto query example.com"),e.terminal.out("  and point the system at it, as the README shows for each system")})}function re(e,t,r=m){return $(e,w(),t,r,()=>{e.terminal.out("Sotto is removed. /etc/sotto and /var/lib/private/sotto are left as they are.")})}function oe(e,t,r=m){let{terminal:o}=e;return r.exists(l("sotto.service"))?(A(r),["sotto.socket","sotto.service"].map(n=>{let c=r.run(["systemctl","is-enabled",n]).output.trim(),d=r.run(["systemctl","is-active",n]).output.trim(),f=d==="active"?"good":"bad";return o.out(`${n.padEnd(14)} ${o.paint(f,d)}, ${c}`),d}).every(n=>n==="active")?Promise.resolve(s.SUCCESS):(o.err("journalctl -u sotto -n 20 shows why"),Promise.resolve(s.FAILURE))):(o.out("not installed; sudo sotto service install does it"),Promise.resolve(s.FAILURE))}function $(e,t,r,o,i){if(r.dryRun===!0){for(let c of t.flatMap(k))e.terminal.out(c);return Promise.resolve(s.SUCCESS)}if(A(o),!o.isRoot)throw new a(s.FAILURE,"this needs root: put sudo before it, or see it first with --dry-run");let n=P(t,o);if(n!==void 0)throw new a(s.FAILURE,n);return i(),Promise.resolve(s.SUCCESS)}function A(e){if(!e.hasSystemd)throw new a(s.FAILURE,"systemd does not run this machine; conf/openwrt and conf/container have what others need, --dry-run shows the units")}function L(){return[process.execPath,R(process.argv[1]??"")]}function O(e){let t="/etc/sotto/sotto.toml";return e.exists(t)?t:void 0}function M(e){try{return R(e)}catch{throw new a(s.BAD_USAGE,`${e} does not exist; name the file the service is to read`)}}function B(e,t,r){let o=e.find(n=>!g(n)||/^\/(home|root|run\/user)\//.test(n));if(o===void 0)return;let i=`${o} cannot be read by the service, which runs as a user of its own and sees no home directory; install Node and Sotto for the whole system (sudo npm install -g sotto), and the configuration in /etc/sotto`;if(r.dryRun!==!0)throw new a(s.FAILURE,i);t.terminal.err(`warning: ${i}`)}export{te as install,oe as status,re as uninstall};

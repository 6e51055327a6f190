# fish completion of sotto. Made from the commands of sotto by scripts/generate-conf.ts.

complete -c sotto -f
complete -c sotto -n '__fish_use_subcommand' -a run -d 'serve until SIGINT or SIGTERM; SIGHUP reloads the configuration'
complete -c sotto -n '__fish_use_subcommand' -a check -d 'read and validate the configuration: ok, or every fault'
complete -c sotto -n '__fish_use_subcommand' -a doctor -d 'test each upstream and the local set-up, and name every fault'
complete -c sotto -n '__fish_use_subcommand' -a query -d 'look a name up through the whole pipeline'
complete -c sotto -n '__fish_use_subcommand' -a explain -d 'look a name up and show each step: rules, cache, shard, chain of trust'
complete -c sotto -n '__fish_use_subcommand' -a stats -d 'show figures of the running instance'
complete -c sotto -n '__fish_use_subcommand' -a flush -d 'make the running instance forget answers'
complete -c sotto -n '__fish_use_subcommand' -a reload -d 'make the running instance read its configuration again'
complete -c sotto -n '__fish_use_subcommand' -a service -d 'put the systemd unit in place, remove it, or look at it'
complete -c sotto -n '__fish_use_subcommand' -l version -d 'print the version'
complete -c sotto -n '__fish_use_subcommand' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from run' -l listen -d 'listen here instead of at listen.addresses'
complete -c sotto -n '__fish_seen_subcommand_from run' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from run' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from check' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from check' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from doctor' -l json -d 'print JSON, for programs'
complete -c sotto -n '__fish_seen_subcommand_from doctor' -l minimisation -d 'also test whether each upstream minimises QNAMEs, by a name of internet.nl'
complete -c sotto -n '__fish_seen_subcommand_from doctor' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from doctor' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from query' -l json -d 'print JSON, for programs'
complete -c sotto -n '__fish_seen_subcommand_from query' -l standalone -d 'resolve in this process, even where an instance runs'
complete -c sotto -n '__fish_seen_subcommand_from query' -l cd -d 'show the data even where it is bogus (checking disabled)'
complete -c sotto -n '__fish_seen_subcommand_from query' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from query' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from query' -a 'A AAAA CAA CDS CNAME DNAME DNSKEY DS HTTPS LOC MX NAPTR NS NSEC NSEC3PARAM PTR RRSIG SOA SRV SSHFP SVCB TLSA TXT URI'
complete -c sotto -n '__fish_seen_subcommand_from explain' -l json -d 'print JSON, for programs'
complete -c sotto -n '__fish_seen_subcommand_from explain' -l standalone -d 'resolve in this process, even where an instance runs'
complete -c sotto -n '__fish_seen_subcommand_from explain' -l cd -d 'show the data even where it is bogus (checking disabled)'
complete -c sotto -n '__fish_seen_subcommand_from explain' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from explain' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from explain' -a 'A AAAA CAA CDS CNAME DNAME DNSKEY DS HTTPS LOC MX NAPTR NS NSEC NSEC3PARAM PTR RRSIG SOA SRV SSHFP SVCB TLSA TXT URI'
complete -c sotto -n '__fish_seen_subcommand_from stats' -l json -d 'print JSON, for programs'
complete -c sotto -n '__fish_seen_subcommand_from stats' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from stats' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from flush' -l tree -d 'forget the names below it too'
complete -c sotto -n '__fish_seen_subcommand_from flush' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from flush' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from reload' -l new-salt -d 'also spread names over the operators anew'
complete -c sotto -n '__fish_seen_subcommand_from reload' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from reload' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from service' -a install -d 'install and start the service, with socket activation'
complete -c sotto -n '__fish_seen_subcommand_from service' -a uninstall -d 'stop and remove the service'
complete -c sotto -n '__fish_seen_subcommand_from service' -a status -d 'say whether the service is installed and running'
complete -c sotto -n '__fish_seen_subcommand_from service' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from service; and __fish_seen_subcommand_from install' -l dry-run -d 'print what would be done, and do nothing'
complete -c sotto -n '__fish_seen_subcommand_from service; and __fish_seen_subcommand_from install' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from service; and __fish_seen_subcommand_from install' -s c -l config -r -F
complete -c sotto -n '__fish_seen_subcommand_from service; and __fish_seen_subcommand_from uninstall' -l dry-run -d 'print what would be done, and do nothing'
complete -c sotto -n '__fish_seen_subcommand_from service; and __fish_seen_subcommand_from uninstall' -l help -d 'show this help'
complete -c sotto -n '__fish_seen_subcommand_from service; and __fish_seen_subcommand_from status' -l help -d 'show this help'

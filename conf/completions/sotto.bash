# bash completion of sotto. Made from the commands of sotto by scripts/generate-conf.ts.

_sotto() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD - 1]}" path="sotto" words word
  if [[ "$previous" == "-c" || "$previous" == "--config" ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      "sotto run" | "sotto check" | "sotto doctor" | "sotto query" | "sotto explain" | "sotto stats" | "sotto flush" | "sotto reload" | "sotto service" | "sotto service install" | "sotto service uninstall" | "sotto service status") path="$path $word" ;;
    esac
  done
  case "$path" in
    "sotto") words="run check doctor query explain stats flush reload service --version --help" ;;
    "sotto run") words="--config --listen --help" ;;
    "sotto check") words="--config --help" ;;
    "sotto doctor") words="--config --json --minimisation --help" ;;
    "sotto query") words="--config --json --standalone --cd --help A AAAA CAA CDS CNAME DNAME DNSKEY DS HTTPS LOC MX NAPTR NS NSEC NSEC3PARAM PTR RRSIG SOA SRV SSHFP SVCB TLSA TXT URI" ;;
    "sotto explain") words="--config --json --standalone --cd --help A AAAA CAA CDS CNAME DNAME DNSKEY DS HTTPS LOC MX NAPTR NS NSEC NSEC3PARAM PTR RRSIG SOA SRV SSHFP SVCB TLSA TXT URI" ;;
    "sotto stats") words="--config --json --help" ;;
    "sotto flush") words="--tree --config --help" ;;
    "sotto reload") words="--new-salt --config --help" ;;
    "sotto service") words="install uninstall status --help" ;;
    "sotto service install") words="--config --dry-run --help" ;;
    "sotto service uninstall") words="--dry-run --help" ;;
    "sotto service status") words="--help" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _sotto sotto

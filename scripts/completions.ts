/** Completion for shells, from the same commands as the help. Written by `generate-conf.ts`. */
import type { Command, Option } from "commander";
import { createProgram } from "../src/cli/program.ts";

interface Word {
  readonly text: string;
  readonly summary: string;
}

interface Node {
  readonly path: string;
  readonly words: readonly Word[];
  readonly takesFile: boolean;
  readonly takesType: boolean;
}

/** Types that people ask for; others can be typed. */
const TYPES =
  "A AAAA CAA CDS CNAME DNAME DNSKEY DS HTTPS LOC MX NAPTR NS NSEC NSEC3PARAM PTR RRSIG SOA SRV SSHFP SVCB TLSA TXT URI".split(
    " ",
  );

/** Every command with its subcommands and options. */
function nodes(command: Command, path = command.name()): Node[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  const words = [
    ...command.commands.map((inner) => ({ text: inner.name(), summary: inner.summary() })),
    ...options.map((option) => ({ text: option.long ?? "", summary: option.description })),
    { text: "--help", summary: "show this help" },
  ];
  const node = {
    path,
    words,
    takesFile: options.some(isFile),
    takesType: command.registeredArguments.some((argument) => argument.name() === "TYPE"),
  };
  return [node, ...command.commands.flatMap((inner) => nodes(inner, `${path} ${inner.name()}`))];
}

function isFile(option: Option): boolean {
  return option.long === "--config";
}

const NOTE = "Made from the commands of sotto by scripts/generate-conf.ts.";

export function bashCompletion(): string {
  const cases = tree().map(({ path, words, takesType }) => {
    const types = takesType ? ` ${TYPES.join(" ")}` : "";
    return `    "${path}") words="${words.map(({ text }) => text).join(" ")}${types}" ;;`;
  });
  return `# bash completion of sotto. ${NOTE}

_sotto() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" path="sotto" words word
  if [[ "$previous" == "-c" || "$previous" == "--config" ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${paths().join(" | ")}) path="$path $word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _sotto sotto
`;
}

export function fishCompletion(): string {
  const lines = tree().flatMap(({ path, words, takesFile, takesType }) => {
    const condition = conditionFor(path);
    const each = words.map(({ text, summary }) => {
      const what = text.startsWith("--") ? `-l ${text.slice(2)}` : `-a ${text}`;
      return `complete -c sotto -n '${condition}' ${what} -d ${quoted(summary)}`;
    });
    const file = takesFile ? [`complete -c sotto -n '${condition}' -s c -l config -r -F`] : [];
    const types = takesType ? [`complete -c sotto -n '${condition}' -a '${TYPES.join(" ")}'`] : [];
    return [...each.filter((line) => !line.includes(" -l config ")), ...file, ...types];
  });
  return `# fish completion of sotto. ${NOTE}

complete -c sotto -f
${lines.join("\n")}
`;
}

export function zshCompletion(): string {
  const cases = tree().map(({ path, words, takesType }) => {
    const items = words.map(({ text, summary }) => quoted(`${text.replaceAll(":", "\\:")}:${summary}`));
    const types = takesType ? TYPES.map((type) => quoted(type)) : [];
    return `    "${path}") words_here=(${[...items, ...types].join(" ")}) ;;`;
  });
  return `#compdef sotto
# zsh completion of sotto. ${NOTE}

_sotto() {
  local -a words_here
  local place="sotto" word
  if [[ "$words[CURRENT-1]" == (-c|--config) ]]; then
    _files
    return
  fi
  for word in $words[2,CURRENT-1]; do
    case "$place $word" in
      ${paths().join("|")}) place="$place $word" ;;
    esac
  done
  case "$place" in
${cases.join("\n")}
  esac
  _describe command words_here
}
_sotto "$@"
`;
}

function tree(): Node[] {
  return nodes(createProgram(() => Promise.resolve()));
}

function paths(): string[] {
  return tree()
    .slice(1)
    .map(({ path }) => `"${path}"`);
}

function conditionFor(path: string): string {
  const [, command, inner] = path.split(" ");
  if (command === undefined) return "__fish_use_subcommand";
  if (inner !== undefined)
    return `__fish_seen_subcommand_from ${command}; and __fish_seen_subcommand_from ${inner}`;
  return `__fish_seen_subcommand_from ${command}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

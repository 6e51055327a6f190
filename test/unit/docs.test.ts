/** The documentation speaks of what is there: its paths, links and tables are held against the code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { faultLines, loadText } from "./config/load-text.ts";
import { CLIENT_VIEW } from "../../src/resolve/client-view.ts";
import { InfoCode } from "../../src/wire/codes.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe.each(pages)("%s", (page) => {
  const text = readFileSync(page, "utf8");

  it("links to files that exist", () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
      ([, target]) => target ?? "",
    );

    expect(targets.filter((target) => !existsSync(normalize(join(dirname(page), target))))).toEqual([]);
  });

  it("names files of the repository that exist", () => {
    const paths = [...text.matchAll(/`((?:src|test|bench|scripts|conf|docs|\.ci)\/[\w./-]*)`/g)].map(
      ([, path]) => path ?? "",
    );

    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe("README.md", () => {
  const examples = [...readFileSync("README.md", "utf8").matchAll(/^```toml\n(.*?)^```$/gms)].map(
    ([, text]) => text ?? "",
  );

  it("has examples of a configuration", () => {
    expect(examples.length).toBeGreaterThan(3);
  });

  it.each(examples)("has an example without a fault: %s", (example) => {
    expect(faultLines(loadText(example, { "/etc/sotto/ads.txt": "" }))).toEqual([]);
  });
});

describe("docs/errors.md", () => {
  const text = readFileSync("docs/errors.md", "utf8");

  it.each(Object.entries(CLIENT_VIEW))("says what a client sees for %s", (fault, { error }) => {
    const row = text.split("\n").find((line) => line.startsWith(`| \`${fault}\``));

    expect(row).toMatch(
      new RegExp(`^\\| \`${fault}\` \\| ${error.infoCode} [A-Z][\\w ]* \\| ${error.text} \\|`),
    );
  });

  it("knows every INFO-CODE that a client can get", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.startsWith("wire/") && !name.startsWith("cli/"))
      .map((name) => readFileSync(`src/${name}`, "utf8"));
    const used = new Set(sources.flatMap((source) => source.match(/(?<=\bInfoCode\.)[A-Z_0-9]+/g) ?? []));
    const codes = [...used].map((name) => InfoCode[name as keyof typeof InfoCode]);

    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !new RegExp(`(\\| |[:.,] )${code} [A-Z]`).test(text))).toEqual([]);
  });

  it("knows no fault that does not exist", () => {
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \| \d+ /gm)].map(([, fault]) => fault);

    expect(rows.sort()).toEqual(Object.keys(CLIENT_VIEW).sort());
  });
});

describe("docs/dnssec.md", () => {
  const rows = [...readFileSync("docs/dnssec.md", "utf8").matchAll(/^\| (D\d+) \| .+ \| (.+) \|$/gm)];
  const linked = new Map(
    rows.map(([, rule = "", files = ""]) => [rule, files.match(/(?<=`)test\/[^`]+/g)?.sort() ?? []]),
  );
  const named = new Map<string, string[]>();
  for (const path of readdirSync("test", { recursive: true, encoding: "utf8" }).sort()) {
    if (!path.endsWith(".test.ts") || path.endsWith("docs.test.ts")) continue;
    const tags = readFileSync(`test/${path}`, "utf8").match(/(?<=\[)D\d+(?:, D\d+)*(?=\])/g) ?? [];
    for (const rule of new Set(tags.flatMap((tag) => tag.split(", ")))) {
      named.set(rule, [...(named.get(rule) ?? []), `test/${path}`]);
    }
  }

  it("has the rules in order, none left out", () => {
    expect([...linked.keys()]).toEqual(Array.from({ length: 76 }, (_, i) => `D${i + 1}`));
  });

  it.each([...linked])("links %s to the tests that name it", (rule, files) => {
    expect(files.length).toBeGreaterThan(0);
    expect(files).toEqual(named.get(rule));
  });

  it("knows every rule that a test names", () => {
    expect([...named.keys()].filter((rule) => !linked.has(rule))).toEqual([]);
  });
});

describe("docs/cache.md", () => {
  const rows = [
    ...readFileSync("docs/cache.md", "utf8").matchAll(
      /^\| (.+?) \|(.*?)\| `(test\/.+\.test\.ts)` "(.+)" \|$/gm,
    ),
  ].map(([, rule = "", source = "", file = "", title = ""]) => ({
    rule,
    source: source.trim(),
    file,
    title,
  }));

  it("has its table", () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it.each(rows)("names the test that shows: $rule", ({ source, file, title }) => {
    const text = readFileSync(file, "utf8");

    const rfc = /^RFC \d+/.exec(source)?.[0] ?? "";
    expect([text.includes(`"${title}`), text.includes(rfc)]).toEqual([true, true]);
  });
});

describe("docs/limits.md", () => {
  const rows = readFileSync("docs/limits.md", "utf8")
    .split("\n")
    .flatMap((line) => {
      const match = /^\| (.+?) \| (.+?) \| .+? \| `(src\/[\w/-]+\.ts)` `(\w+)` \|$/.exec(line);
      return match === null
        ? []
        : [{ what: match[1], bound: match[2], file: match[3] ?? "", name: match[4] }];
    });

  it("has its table", () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)("gives the bound of $name as it is in $file", ({ bound, file, name }) => {
    const source = readFileSync(file, "utf8");
    const value = new RegExp(`\\b${name}(?:: \\w+)?(?: =|:) ([\\d_ *]+)[;,]`).exec(source)?.[1];

    const product = (value ?? "")
      .split("*")
      .reduce((all, factor) => all * Number(factor.replaceAll("_", "")), 1);
    expect(value).toBeDefined();
    expect(bound).toContain(product.toLocaleString("en"));
  });
});

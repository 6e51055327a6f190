/** The documentation speaks of what is there: its paths, links and tables are held against the code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { CLIENT_VIEW } from "../../src/resolve/client-view.ts";

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

describe("docs/errors.md", () => {
  const text = readFileSync("docs/errors.md", "utf8");

  it.each(Object.entries(CLIENT_VIEW))("says what a client sees for %s", (fault, { error }) => {
    const row = text.split("\n").find((line) => line.startsWith(`| \`${fault}\``));

    expect(row).toMatch(
      new RegExp(`^\\| \`${fault}\` \\| ${error.infoCode} [A-Z][\\w ]* \\| ${error.text} \\|`),
    );
  });

  it("knows no fault that does not exist", () => {
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \| \d+ /gm)].map(([, fault]) => fault);

    expect(rows.sort()).toEqual(Object.keys(CLIENT_VIEW).sort());
  });
});

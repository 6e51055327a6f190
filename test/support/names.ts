import { ROOT } from "../../src/wire/names.ts";
import type { Name } from "../../src/ports/message.ts";

/** The name of plain text without escapes: `name("www.example.com")`. */
export function name(text: string): Name {
  const labels = text.split(".").filter((label) => label !== "");
  return (labels.map((label) => String.fromCharCode(label.length) + label).join("") + ROOT) as Name;
}

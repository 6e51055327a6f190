/** What the running instance answers over its control socket. What comes in is checked: it is another process's. */
import type { Name } from "../ports/message.ts";
import type { Operator } from "../ports/operator.ts";
import { nameFromText } from "../wire/presentation.ts";
import type { Handlers } from "./control/protocol.ts";
import { viewOf } from "./lookup-view.ts";
import { questionFrom } from "./question.ts";
import type { Reloader } from "./reloader.ts";

/** An `Operator`, or several as one, whose answers have to be waited for. */
export type Asked = Pick<Operator, "lookup" | "rotateSalt"> & {
  stats(): object | Promise<object>;
  flush(name?: Name, tree?: boolean): number | Promise<number>;
};

export function handlersOf(operator: Asked, reloader: Pick<Reloader, "reload">): Handlers {
  return {
    lookup: async ({ name, type, trace, checking_disabled }) => {
      const question = questionFrom(String(name), String(type));
      const options = { trace: trace === true, checkingDisabled: checking_disabled === true };
      return viewOf(question, await operator.lookup(question, options), options.trace);
    },
    stats: async () => ({ ...(await operator.stats()) }),
    flush: async ({ name, tree }) => ({
      flushed: await operator.flush(name === undefined ? undefined : nameFrom(name), tree === true),
    }),
    reload: async ({ new_salt }) => {
      const view = await reloader.reload();
      if (new_salt === true && view.faults.length === 0) await operator.rotateSalt();
      return view;
    },
  };
}

function nameFrom(text: unknown): Name {
  const name = nameFromText(String(text));
  if (name === undefined) throw new Error("that is not a domain name");
  return name;
}

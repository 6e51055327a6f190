import { describe, expect, it } from "vitest";
import { becomeUser, findUser, type Identity } from "../../../src/listen/privileges.ts";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nsotto:x:995:994::/nonexistent:/usr/sbin/nologin\n";
const sotto = { name: "sotto", uid: 995, gid: 994 };

describe("a user to become", () => {
  it("is found by name or number", () => {
    expect([findUser("sotto", PASSWD), findUser("995", PASSWD), findUser("nobody", PASSWD)]).toEqual([
      sotto,
      sotto,
      undefined,
    ]);
  });

  it("is no empty name", () => {
    expect(findUser("", PASSWD)).toBeUndefined();
  });
});

describe("giving up root", () => {
  function identity(overrides: Identity = {}): { identity: Identity; steps: string[] } {
    const steps: string[] = [];
    let uid = 0;
    return {
      steps,
      identity: {
        getuid: () => uid,
        initgroups: (user, group) => steps.push(`initgroups ${user} ${group}`),
        setgid: (group) => steps.push(`setgid ${group}`),
        setuid: (user) => {
          steps.push(`setuid ${user}`);
          uid = user;
        },
        ...overrides,
      },
    };
  }

  it("changes groups before the user: afterwards it may not", () => {
    const { identity: root, steps } = identity();

    expect(becomeUser(sotto, root)).toBe(true);
    expect(steps).toEqual(["initgroups sotto 994", "setgid 994", "setuid 995"]);
  });

  it("fails where the system says no", () => {
    const { identity: root } = identity({
      setuid: () => {
        throw new Error("EPERM");
      },
    });

    expect(becomeUser(sotto, root)).toBe(false);
  });

  it("fails where the process is still root afterwards", () => {
    const { identity: root } = identity({ setuid: () => {} });

    expect(becomeUser(sotto, root)).toBe(false);
  });

  it("fails on a platform without users", () => {
    expect(becomeUser(sotto, {})).toBe(false);
  });

  it("has nothing to do for who is that user already", () => {
    expect(becomeUser({ name: "root", uid: 0, gid: 0 }, identity().identity)).toBe(true);
  });
});

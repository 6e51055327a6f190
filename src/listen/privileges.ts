/** Gives up root once the ports are bound. */

/** The part of `process` that this needs; absent functions mean a platform without users (Windows). */
export interface Identity {
  getuid?: () => number;
  initgroups?: (user: string, group: number) => void;
  setgid?: (group: number) => void;
  setuid?: (user: number) => void;
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Becomes `user`, with the groups it belongs to. In this order: after `setuid` nobody may change groups.
 * @returns whether the process is that user now; if not, it must not go on serving.
 */
export function becomeUser(user: User, identity: Identity): boolean {
  const { getuid, initgroups, setgid, setuid } = identity;
  if (!getuid || !initgroups || !setgid || !setuid) return false;
  if (getuid.call(identity) === user.uid) return true;
  try {
    initgroups.call(identity, user.name, user.gid);
    setgid.call(identity, user.gid);
    setuid.call(identity, user.uid);
  } catch {
    return false;
  }
  return getuid.call(identity) === user.uid;
}

/** The user of that name or number in the text of a passwd file (passwd(5)). */
export function findUser(nameOrUid: string, passwd: string): User | undefined {
  for (const line of passwd.split("\n")) {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    if (name !== "" && (name === nameOrUid || uid === nameOrUid))
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/**
 * `metrics`: may read `/metrics` and nothing else; `record`: may add recordings, and go on with the uploads it began
 * itself; `edit`: may also read and change; `admin`: may do all.
 */
export const ROLES = ['metrics', 'record', 'edit', 'admin'] as const;
/** What an actor may do; see {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Each of these may do what those before it may; `metrics` stands beside them. */
const LADDER: readonly Role[] = ['record', 'edit', 'admin'];

/** Whether somebody with the role `own` may do what needs `needed`. */
export function isRoleEnough(own: Role, needed: Role): boolean {
  if (own === needed || own === 'admin') return true;
  return LADDER.includes(needed) && LADDER.indexOf(own) >= LADDER.indexOf(needed);
}

/** Who acts: the owner, or a named token. Stands in histories and logs. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

/** Of the owner of a store: also of programs that open it themselves and say nobody else's name. */
export const OWNER_NAME = 'owner';

/** A token as it is listed; its secret was shown once, when it was made. */
export interface NamedToken {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

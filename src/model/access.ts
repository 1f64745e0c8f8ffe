/** `record`: may add recordings and see its own uploads; `edit`: may also read and change; `admin`: may do all. */
export const ROLES = ['record', 'edit', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who acts: the owner, or a named token. Stands in histories and logs. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

export interface NamedToken {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

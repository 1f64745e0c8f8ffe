import { describe, expect, it } from 'vitest';
import { isRoleEnough, ROLES } from './access.ts';

describe('a role', () => {
  it('may do what lesser ones may; metrics stands beside them', () => {
    const allowed = ROLES.map((own) => [own, ROLES.filter((needed) => isRoleEnough(own, needed))]);
    expect(Object.fromEntries(allowed)).toEqual({
      metrics: ['metrics'],
      record: ['record'],
      edit: ['record', 'edit'],
      admin: ['metrics', 'record', 'edit', 'admin'],
    });
  });
});

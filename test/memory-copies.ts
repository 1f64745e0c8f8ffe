import type { Copies } from '../src/sync/copies.ts';
import { failure } from './memory-failure.ts';

/** A store that has no targets. */
export function memoryCopies(): Copies {
  const requireTarget = (name: string | undefined) => {
    if (name !== undefined) throw failure('target-unknown', `There is no target "${name}".`);
  };
  return {
    targets: async () => [],
    async list({ target } = {}) {
      requireTarget(target);
      return [];
    },
    async sync({ target } = {}) {
      requireTarget(target);
      return { verified: 0, failed: 0, faults: [] };
    },
    async plan({ target } = {}) {
      requireTarget(target);
      return { copies: 0, bytes: 0 };
    },
    async retry({ target } = {}) {
      requireTarget(target);
      return 0;
    },
    async test(target) {
      requireTarget(target);
      return [];
    },
  };
}

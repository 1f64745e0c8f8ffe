import type { StoredToken } from './access-repository.ts';

/** A scraper gives up after ten seconds or less. */
const PATIENCE_MS = 500;

/**
 * Tokens for metrics that were accepted before: they go on counting while the database gives no answer, for that is
 * when somebody wants to see figures. They open nothing else.
 */
export class RememberedScrapers {
  readonly #tokens = new Map<string, StoredToken>();

  /** What `find` says of the token with this hash; what is remembered where it fails or takes too long. */
  async find(
    tokenHash: string,
    find: () => Promise<StoredToken | undefined>,
  ): Promise<StoredToken | undefined> {
    const remembered = this.#tokens.get(tokenHash);
    if (remembered === undefined) return this.#learn(tokenHash, await find());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<StoredToken>((resolve) => {
      timer = setTimeout(() => resolve(remembered), PATIENCE_MS);
    });
    const asked = find().then(
      (found) => this.#learn(tokenHash, found),
      () => remembered,
    );
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** After a word about tokens, all of them are asked for anew. */
  forget(): void {
    this.#tokens.clear();
  }

  #learn(tokenHash: string, found: StoredToken | undefined): StoredToken | undefined {
    if (found?.role === 'metrics') this.#tokens.set(tokenHash, found);
    else this.#tokens.delete(tokenHash);
    return found;
  }
}
